/*
 * unwind_plugin.c - plugins of one source: FRAME is the size of the frames, SHIFT bytes of code make
 * return addresses differ; with equal SHIFT they are the same numbers in both
 */
void plugin_enter(void (*function)(void), int depth);

__attribute__((noinline, visibility("default"))) void plugin_enter(void (*function)(void),
								   int depth)
{
	volatile char pad[FRAME];

	pad[0] = 1;
	pad[FRAME - 1] = pad[0];
	__asm__ volatile(".skip %c0, 0x90" ::"i"(SHIFT));
	function();
	if (depth > 0)
		plugin_enter(function, depth - 1);
	function();
	pad[FRAME / 2] = 3;
}
