package message

// Append appends mark to the visible text of msg, the bytes of a message made
// by this package, and returns the new bytes. It returns false where there is
// no text to append to (image, file, voice).
func Append(msg []byte, mark string) ([]byte, bool) {
	return msg, false
}
