/* unwind_scenes.h - stacks of all kinds, each calling probe(); compiled with different options */
#ifndef UNWIND_SCENES_H
#define UNWIND_SCENES_H

#ifdef __cplusplus
extern "C" {
#endif

int scene_recursion(int depth);
int scene_alloca(int depth, unsigned bytes);
int scene_variable_array(int depth, unsigned words);
int scene_shifted(unsigned outer_bytes,
		  unsigned inner_bytes); /* equal sums: equal stack pointers */
int scene_pointers(unsigned choice, int depth);
int scene_qsort(void);
int scene_realigned(int depth, unsigned bytes);
int scene_longjmp(int depth);
int scene_tree(int depth);
int scene_sites(unsigned site);
int scene_random(unsigned *seed, int depth);
int scene_assembler(int which);
int scene_exceptions(int depth); /* C++ */
int scene_objects(int depth);

#ifdef __cplusplus
}
#endif
#endif
