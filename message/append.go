package message

// Append appends mark to the visible text of msg, the bytes of a message made
// by this package, and returns the new bytes, at most MaxBytes: where msg left
// no room (see MarkRoom) the text is cut. It returns false where there is no
// text to append to (image, file, voice).
func Append(msg []byte, mark string) ([]byte, bool) {
	b, err := decode(msg)
	if err != nil || b.visible() == nil {
		return msg, false
	}
	t := *b.visible()
	mark = Clean(mark)
	if over := len(encode(b)) + jsonLength(mark) - MaxBytes; over > 0 {
		*t.s = cut(t, jsonLength(*t.s)-over)
	}
	*t.s += mark
	return encode(b), true
}
