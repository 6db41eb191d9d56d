#include <sys/types.h>
#include <sha2.h>
// Extended attributes, which are part of what a layer's digest covers. Swift's Glibc module leaves this header out.
#include <sys/xattr.h>
