import ArgumentParser

// Synchronous, and ended by exit(2): see docs/decisions on what an asynchronous main costs.
Baileyd.main()
