// Package outbox is the durable promise: what workbell has accepted is kept
// until it has reached an end.
//
// In come events with the deliveries that they call for; out go deliveries to
// whoever sends them, one holder at a time. It never talks to DingTalk.
//
// # Guarantees
//
// Every engine gives these, and outboxtest.Run checks them.
//
//   - Enqueue is atomic and durable: when it returns nil, the entries with all
//     their deliveries are on disk, synced; when it returns an error, nothing of
//     them is. Concurrent calls share a commit.
//   - An entry whose key was taken less than its KeyTTL ago makes nothing new:
//     the answer names the event and deliveries made the first time.
//   - The n-th message with the same app and content that may reach people on
//     the same day of DingTalk is made distinct or suppressed, as Repeat says,
//     in the transaction that keeps it (see Again). Deliveries of one event
//     with the same content are one message.
//   - Claim gives a delivery to one holder at a time, under a lease with an end
//     and a fence. After the lease has ended another may claim it; an Update or
//     Reserve with the old fence then fails with ErrFenced and changes nothing.
//   - Claim's order: priority, highest first; then when it is due; then id.
//   - Of one group (Delivery.Group not empty) only the deliveries of its oldest
//     event that is not finished are given out; those of one event at a time.
//   - Reserve takes all its quotas or none, and records the attempt as begun, in
//     one transaction. Over any window the sum reserved under a key never exceeds
//     its limit, with any number of concurrent callers, across restarts.
//   - An attempt that was begun and not ended (a crash, a lost lease) counts as
//     one of unknown outcome; what it reserved counts until its windows have
//     passed, reckoned from when the loss was noticed.
//   - Nothing changes a delivery's bytes after its first attempt has begun.
//   - What a resolved event calls for (see Resolve) is kept in the transaction
//     that keeps the event, and applies to all that was taken before it.
//   - ClaimFollowups gives a follow-up to one holder at a time, as Claim does a
//     delivery, and only once the delivery has been sent. One that is replaced or
//     dropped fences its holder. A delivery has one of each kind at most.
//   - Amend makes all of an amendment or nothing.
//   - An event is not pruned while a follow-up of its deliveries is to come.
//   - Times are UTC, to the millisecond; the engine's own clock decides. Setting
//     this machine's clock makes nothing wait, expire or exceed a limit: SQLite
//     moves its times along, PostgreSQL has its own (see its ClockTolerance).
//   - Everything survives Close and Open again, and kill -9.
//
// # States
//
//	           ┌───────────────────────── again later ◄────┐
//	           ▼                                           │
//	Enqueue ─ queued ── Claim, Reserve ──► (an attempt) ───┤
//	   │         │                                         ├─► sent ──► delivered | partial | failed
//	   │         ├─► expired      not worth sending now    ├─► refused   DingTalk will never take it
//	   │         └─► superseded   resolved before it left  └─► dead      attempts spent
//	   └─► suppressed                                      sent … ──► recalled
//
// queued is the only state that is not an end for the dispatcher; sent becomes
// delivered, partial or failed where the rule tracks results. Amend may bring
// expired, refused and dead back to queued.
package outbox
