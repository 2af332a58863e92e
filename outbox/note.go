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

// Bar is what d's status bar has been turned to, by its notes: the text and the
// colour. false: it is as it was sent.
func (d *Delivery) Bar() (value, color string, ok bool) {
	for _, n := range slices.Backward(d.Notes) {
		if m := turned.FindStringSubmatch(n.Text); m != nil {
			if value, err := strconv.Unquote(m[1]); err == nil {
				return value, m[2], true
			}
		}
	}
	return "", "", false
}
