import Testing

/// All end-to-end tests, one after another: they measure shares of the machine, and look for what is left on it.
@Suite(.serialized) enum EndToEnd {}
