// Package message holds the kinds of work notification that DingTalk knows
// (msgtype), their fields and limits, and the recipients of a notification.
//
// In come field values as text and references to people; out go the bytes of
// the "msg" parameter of asyncsend_v2 and lists of recipients that fit one
// call. The package knows nothing of events, rules or HTTP, and does no I/O.
//
// Sources: asyncsend_v2 and sendbytemplate (official pages) for the 2,048 bytes
// and the list limits; "Message types and examples" for the fields.
package message

// MaxBytes is the most bytes of UTF-8 JSON that "msg" may have
// (asyncsend_v2: "maximum length of 2,048 bytes").
const MaxBytes = 2048
