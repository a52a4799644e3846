"""Spack: copy this to a repository of yours as packages/pmprof/package.py (spack repo create), then: spack install pmprof"""
from spack.package import *


class Pmprof(CMakePackage):
    """Profiles MPI programs: where the time goes, which rank and which line is slow, why the speedup is not better."""

    # no release yet: build from a checkout, spack develop --path /where/it/is pmprof@main
    version("main", branch="main")

    variant("tests", default=False, description="build and run the tests")

    depends_on("c", type="build")
    depends_on("fortran", type="build", when="+tests")
    depends_on("cmake@3.25:", type="build")
    depends_on("ninja", type="build")
    depends_on("pkgconfig", type="build")
    depends_on("python@3.9:", type="build")
    depends_on("mpi@3.1:")
    depends_on("hdf5@1.10:+mpi")
    depends_on("elfutils")
    depends_on("jansson")
    depends_on("libxml2")
    depends_on("libunwind")
    depends_on("zlib-api")
    depends_on("cmocka", type="build", when="+tests")
    depends_on("py-h5py", type="build", when="+tests")

    generator("ninja")

    def cmake_args(self):
        return [self.define_from_variant("PMPROF_TESTS", "tests")]

    def check(self):
        if self.spec.satisfies("+tests"):
            with working_dir(self.build_directory):
                ctest("--output-on-failure")
