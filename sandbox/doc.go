// Package sandbox stands in for DingTalk: the legacy work-notification API with
// tokens, media and the look-up of people and departments, for internal and
// third-party apps; an organisation with employees and departments; and a page
// that shows what each employee's phone would show.
//
// In come the calls that a client would make of DingTalk; out come DingTalk's
// answers. It is strict: what the documents do not allow is refused, with the
// code that the global error table has for it. The limits past which DingTalk
// says "ok" and drops the message are applied in the same silence, and show in
// getsendresult, in the ledger and on the page. Faults can be ordered, silent
// ones too. It never calls anything, keeps nothing on disk, and its memory is bounded.
//
// Where the documents are silent (the code for an over-long message, what
// counts as the same content) the choice stands in one place, and is a guess.
package sandbox
