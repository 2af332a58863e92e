package outbox

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
)

// TurnedNote is the note of a status bar that was turned; Bar reads it.
func TurnedNote(value, color string) string {
	return fmt.Sprintf("status bar turned to %q, %s", value, color)
}

var turned = regexp.MustCompile(`^status bar turned to (".*"), (\S*)$`)

// Bar is what a status bar was turned to, the text and the colour, if that is
// what n tells.
func (n Note) Bar() (value, color string, ok bool) {
	m := turned.FindStringSubmatch(n.Text)
	if m == nil {
		return "", "", false
	}
	value, err := strconv.Unquote(m[1])
	return value, m[2], err == nil
}

// Bar is what d's status bar has been turned to, by its notes. false: it is as it
// was sent.
func (d *Delivery) Bar() (value, color string, ok bool) {
	for _, n := range slices.Backward(d.Notes) {
		if value, color, ok = n.Bar(); ok {
			return value, color, true
		}
	}
	return "", "", false
}
