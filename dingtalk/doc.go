// Package dingtalk speaks DingTalk's work-notification API: it holds the access
// token, makes the calls, and turns every way in which a call can fail into an
// Error that says what to do about it.
//
// In come recipients and the bytes of a message; out come task ids, progress
// and results. It never retries, logs or counts limits, and waits for nothing
// but answers and a token that another replica is fetching: whoever calls it
// decides, with the Action and the Outcome of the Error. No error that it
// returns, and no URL in one, holds a token or a secret.
//
// Sources: the official pages of the endpoints, the global error table, and what
// the real servers answer to calls without credentials.
package dingtalk
