/* record_annotated_cxx.cc - record_annotated.c as C++ */
#include "record_annotated.c"
