/// What a build reports while it works.
///
/// Templates it stands on report first.
public enum BuildEvent: Equatable, Sendable {
    /// Nothing changed since it was built; nothing else follows for this template.
    case unchanged(template: String)
    /// A build begins.
    case started(template: String, steps: Int)
    /// Step `index` of the announced number begins, counted from 1.
    case step(index: Int, description: String)
    /// Step `index` is as it was in the last build of the template: its result is taken from there.
    case reused(index: Int, description: String)
    /// A line that the step's programs wrote.
    case output(String)
    /// The step is over; seconds on the monotonic clock.
    case stepFinished(index: Int, seconds: Double)
    /// The template is in the store.
    case finished(template: String, seconds: Double)
}
