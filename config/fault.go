package config

import (
	"fmt"
	"slices"
	"strings"
)

// Pos is a place in a file that the user wrote; line and column count from 1,
// columns in characters. Zero values mean "not known".
type Pos struct {
	File         string
	Line, Column int
}

func (p Pos) String() string {
	switch {
	case p.Line == 0:
		return p.File
	case p.Column == 0:
		return fmt.Sprintf("%s:%d", p.File, p.Line)
	}
	return fmt.Sprintf("%s:%d:%d", p.File, p.Line, p.Column)
}

// Fault is one thing wrong in what the user wrote: where, what, and what to
// write instead.
type Fault struct {
	At      Pos
	Problem string // lower case, names the field: `rules[2].to: unknown group "srs"`
	Remedy  string // what to do: `did you mean "sre"?`; may be empty
	// Warning marks what works, but hardly as meant.
	Warning bool
}

func (f Fault) Error() string {
	var b strings.Builder
	if at := f.At.String(); at != "" {
		b.WriteString(at + ": ")
	}
	if f.Warning {
		b.WriteString("warning: ")
	}
	b.WriteString(f.Problem)
	if f.Remedy != "" {
		b.WriteString(" (" + f.Remedy + ")")
	}
	return b.String()
}

// Faults are all the faults found at once. As an error it prints one a line.
type Faults []Fault

func (fs Faults) Error() string {
	lines := make([]string, len(fs))
	for i, f := range fs {
		lines[i] = f.Error()
	}
	return strings.Join(lines, "\n")
}

// Add appends a fault at p.
func (fs *Faults) Add(p Pos, remedy, format string, args ...any) {
	*fs = append(*fs, Fault{At: p, Problem: fmt.Sprintf(format, args...), Remedy: remedy})
}

// Warn appends a warning at p.
func (fs *Faults) Warn(p Pos, remedy, format string, args ...any) {
	*fs = append(*fs, Fault{At: p, Problem: fmt.Sprintf(format, args...), Remedy: remedy, Warning: true})
}

// Fatal returns the faults that are not warnings, as an error; nil if there
// are none.
func (fs Faults) Fatal() error {
	fatal := slices.DeleteFunc(slices.Clone(fs), func(f Fault) bool { return f.Warning })
	if len(fatal) == 0 {
		return nil
	}
	return fatal
}

// Sort orders the faults by file, line and column.
func (fs Faults) Sort() {
	slices.SortStableFunc(fs, func(a, b Fault) int {
		if c := strings.Compare(a.At.File, b.At.File); c != 0 {
			return c
		}
		if c := a.At.Line - b.At.Line; c != 0 {
			return c
		}
		return a.At.Column - b.At.Column
	})
}
