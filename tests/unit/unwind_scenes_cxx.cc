// unwind_scenes_cxx.cc - stacks of C++ programs: exceptions, destructors, inlined and virtual functions
#include "unwind_scenes.h"

#include <algorithm>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "unwind_probe.h"

namespace
{
struct guard {
	explicit guard(int d) : depth(d)
	{
	}
	~guard()
	{
		probe();
	}
	int depth;
};

[[gnu::noinline]] int thrower(int depth)
{
	guard g(depth);

	if (depth == 0)
		throw std::string("far down");
	return thrower(depth - 1) + g.depth;
}

struct base {
	virtual ~base() = default;
	virtual int run(int depth) = 0;
};

struct leaf : base {
	int run(int) override
	{
		probe();
		return 1;
	}
};

struct inner : base {
	std::unique_ptr<base> next;
	explicit inner(std::unique_ptr<base> n) : next(std::move(n))
	{
	}
	int run(int depth) override
	{
		return next->run(depth - 1) + depth;
	}
};
} // namespace

extern "C" int scene_exceptions(int depth)
{
	int caught = 0;

	try {
		thrower(depth);
	} catch (const std::string &) {
		probe();
		caught = 1;
	}
	try {
		try {
			thrower(depth / 2);
		} catch (...) {
			probe();
			throw;
		}
	} catch (const std::string &text) {
		probe();
		caught += text.size() == 8;
	}
	return caught;
}

extern "C" int scene_objects(int depth)
{
	std::unique_ptr<base> chain = std::make_unique<leaf>();
	std::function<int(int)> recurse = [&](int d) {
		probe();
		return d > 0 ? recurse(d - 1) + 1 : 1;
	};
	std::vector<int> v{3, 1, 2, 9, 8, 7, 4};

	for (int i = 0; i < depth; i++)
		chain = std::make_unique<inner>(std::move(chain));
	std::sort(v.begin(), v.end(), [](int a, int b) {
		probe();
		return a < b;
	});
	return chain->run(depth) + recurse(depth) + v[0];
}
