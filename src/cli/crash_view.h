/* crash_view.h - the crash report of a file, by itself */
#ifndef PMP_CRASH_VIEW_H
#define PMP_CRASH_VIEW_H

/*
 * pmp_crash_view - print it on stderr, in one piece
 *
 * Nothing if no rank failed by itself: whoever interrupts a program knows that. Nothing either if the file cannot be read, which
 * whoever wants to will learn.
 */
void pmp_crash_view(const char *path);

#endif
