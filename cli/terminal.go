package cli

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"
	"time"
	"unicode"

	"github.com/rivo/uniseg"
	"golang.org/x/term"
)

// printable returns s as one line that a terminal only shows: what an event's
// author wrote must not move the cursor, change colours or turn the direction
// of what follows. Line ends become spaces, other characters without a shape
// U+FFFD, but for the joiner inside emoji.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case unicode.IsGraphic(r), r == '\u200d':
			return r
		case unicode.IsSpace(r):
			return ' '
		}
		return unicode.ReplacementChar
	}, s)
}

// say prints a line that may hold text of others.
func say(w io.Writer, format string, args ...any) {
	_, _ = fmt.Fprintln(w, printable(fmt.Sprintf(format, args...)))
}

// printJSON prints v for programs.
func printJSON(w io.Writer, v any) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	return enc.Encode(v)
}

// fit returns s if it takes at most width columns on a terminal, else as much
// of it as does, with an ellipsis. Chinese characters take two.
func fit(s string, width int) string {
	if uniseg.StringWidth(s) <= width {
		return s
	}
	end, left := 0, width-1
	for rest, state := s, -1; rest != ""; {
		var grapheme string
		var w int
		if grapheme, rest, w, state = uniseg.FirstGraphemeClusterInString(rest, state); w > left {
			break
		}
		end, left = end+len(grapheme), left-w
	}
	return s[:end] + "…"
}

// endless is the width of what is no terminal: a file or another program gets
// each line whole.
const endless = 1 << 16

// width returns how many columns w shows, or endless.
func width(w io.Writer) int {
	f, ok := w.(*os.File)
	if !ok || !term.IsTerminal(int(f.Fd())) {
		return endless
	}
	if columns, _, err := term.GetSize(int(f.Fd())); err == nil && columns > 0 {
		return columns
	}
	return 80 // a terminal that does not tell
}

// align lays rows out so that their cells line up, two spaces between, and
// cuts the last cell of each to end at width.
func align(rows [][]string, width int) []string {
	var widths []int
	for _, row := range rows {
		for i, cell := range row {
			if i == len(widths) {
				widths = append(widths, 0)
			}
			widths[i] = max(widths[i], uniseg.StringWidth(cell))
		}
	}
	lines := make([]string, len(rows))
	for n, row := range rows {
		var b strings.Builder
		left := width
		for i, cell := range row {
			if i == len(row)-1 {
				b.WriteString(fit(cell, max(left, 8)))
				break
			}
			b.WriteString(cell + strings.Repeat(" ", widths[i]-uniseg.StringWidth(cell)+2))
			left -= widths[i] + 2
		}
		lines[n] = b.String()
	}
	return lines
}

// age says how long before now, or after it, at is: "3m ago", "in 2h".
func age(at, now time.Time) string {
	d := now.Sub(at)
	if d < 0 {
		return "in " + short(-d)
	}
	return short(d) + " ago"
}

func short(d time.Duration) string {
	switch {
	case d < time.Minute:
		return fmt.Sprintf("%ds", d/time.Second)
	case d < time.Hour:
		return fmt.Sprintf("%dm", d/time.Minute)
	case d < 48*time.Hour:
		return fmt.Sprintf("%dh", d/time.Hour)
	}
	return fmt.Sprintf("%dd", d/(24*time.Hour))
}
