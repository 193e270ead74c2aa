//! What a store of posts may do wrong.

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Fault {
    /// Says that no file is needed.
    NeedsNoMedia,
    /// An edit brings no files.
    EditsWithoutMedia,
    /// Writes for who was overtaken.
    IgnoresTheFence,
    /// Answers the post of another content.
    ForgetsTheFingerprint,
    /// Keeps every submission.
    ForgetsTheKey,
    /// Finds no post by its key that has an outcome.
    FindsNoneThatIsOver,
    /// Takes every post for one that the worker reads.
    ReadyForAnybody,
    /// Fails what waits for other workers.
    MissesForOthers,
    /// Forgets a start with the next record.
    LosesTheStart,
    /// Starts a step again while its outcome is not known.
    StartsTwice,
    /// Starts a step that the owner asked to cancel.
    StartsTheCancelled,
    /// A served lane is ready since its first post is due.
    ForgetsFairness,
    /// Lets a second claim in.
    ForgetsLeases,
    /// Claims what is held.
    ForgetsHolds,
    /// Holds a lane whatever else is to be done on it.
    HoldsAtOnce,
    /// Lists nobody who is held.
    ListsNoHolds,
    /// Forgets what was refused.
    ForgetsWhatWasRefused,
    /// Takes every hold for one of the tokens.
    HoldsForTokensAlone,
    /// Fails what runs out of time only while nobody has begun it.
    ForgetsTheTime,
    /// Forgets since when a post fails.
    ForgetsSinceWhen,
    /// Cancels what a worker has begun, at once.
    CancelsWhatIsBegun,
    /// Says that it hastens, and does not.
    HastensNothing,
    /// Hastens to whatever time it is told.
    PutsOff,
    /// Edits whatever was edited since.
    EditsBlindly,
    /// Answers as if it had edited what a worker has begun.
    EditsWhatIsBegun,
    /// Claims posts as they were submitted.
    ClaimsAsSubmitted,
    /// Counts pending posts whenever they were begun.
    CountsAllPending,
    /// Marks what is due within the hour too.
    MarksTooMuch,
    /// Marks nothing.
    MarksNothing,
    /// Forgets the mark with the next record.
    ForgetsTheMark,
    /// Takes a record from a claim that the owner's word ended.
    RecordsWithoutAClaim,
    /// Finds a post by the first of its ids only.
    KnowsTheFirstId,
    /// Lets two posts have one id of the platform.
    SharesRemoteIds,
    /// Says of what has settled that it did just now.
    SettlesNow,
    /// Keeps no post held whose key is doubted.
    HoldsNothing,
    /// Keeps nothing held that is queued.
    HoldsNoneQueued,
    /// Doubts keys for ever after a loss.
    HoldsForEver,
    /// An edit lets a post go that is kept held.
    ReleasesWithAnEdit,
    /// Answers as if it had released what was not held.
    ReleasesAnything,
    /// Lists those that are held from the first one on, whatever was listed before.
    ListsTheFirstHeldAgain,
    /// Knows no limit of those that are held.
    ListsAllThatAreHeld,
    /// Forgets which posts are there.
    ForgetsWhatIsThere,
    /// Forgets what is noted.
    ForgetsNotes,
    /// Forgets what was noted with the next record.
    ForgetsOldNotes,
    /// Lets a post fail of which something is there.
    FailsWhatIsThere,
    /// Cancels at once whatever is there.
    CancelsWhatIsThere,
    /// Fails what is there when its time passes.
    MissesWhatIsThere,
    /// Submits what is there already.
    BeginsInTheMiddle,
    /// Begins with nothing that is sealed.
    BeginsWithNothing,
    /// Adds to a person's word what it leaves out.
    MendsTheWord,
    /// Keeps the notes of a question beside its answer.
    KeepsTheQuestion,
}
