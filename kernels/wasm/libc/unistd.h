// What the kernels use of <unistd.h>: a module cannot tell the number of cores, so it says one.
#ifndef GRAFT_UNISTD_H
#define GRAFT_UNISTD_H

enum { _SC_NPROCESSORS_ONLN };
static inline long sysconf(int name) { return name == _SC_NPROCESSORS_ONLN ? 1 : -1; }

#endif
