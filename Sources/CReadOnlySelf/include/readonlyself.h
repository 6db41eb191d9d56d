// Replaces the running program by itself on a read-only mount, before anything else of it runs.
#ifndef READONLYSELF_H
#define READONLYSELF_H

// Names the object so that the linker takes it; does nothing.
void readonlyself_keep(void);

#endif
