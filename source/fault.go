package source

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"
)

// Errors that callers branch on.
var (
	// ErrUnauthorized means that the credentials or the signature are missing
	// or wrong (401). It says no more, whatever was wrong.
	ErrUnauthorized = errors.New("missing or wrong credentials")
	// ErrMediaType means that the body is not JSON, or is encoded (415).
	ErrMediaType = errors.New("the body must be JSON (Content-Type: application/json) without Content-Encoding")
)

// BadRequest means that the body is not what the source sends (400).
type BadRequest struct {
	// Problem says what is wrong with the body and where, for the sender to
	// read. It quotes at most names and single values of the body.
	Problem string
}

func (b *BadRequest) Error() string { return b.Problem }

func bad(format string, args ...any) *BadRequest {
	return &BadRequest{fmt.Sprintf(format, args...)}
}

// FieldError is one fault in the spec of a source.
type FieldError struct {
	// Field is the key in the source's part of rules.yaml: "each",
	// "fields.title", "auth.secrets".
	Field string
	// Line and Column are the place within the expression, from 1; 0 where the
	// whole field is meant.
	Line, Column int
	Problem      string
}

func (f *FieldError) Error() string {
	if f.Line == 0 {
		return f.Field + ": " + f.Problem
	}
	return fmt.Sprintf("%s:%d:%d: %s", f.Field, f.Line, f.Column, f.Problem)
}

// badJSON puts an error of encoding/json into words, with its place in body.
func badJSON(body []byte, err error) error {
	var syntax *json.SyntaxError
	var kind *json.UnmarshalTypeError
	switch {
	case len(bytes.TrimSpace(body)) == 0:
		return bad("the body is empty; JSON was expected")
	case bytes.HasPrefix(body, []byte("\x1f\x8b")):
		return bad("the body is compressed; it must be plain JSON")
	case errors.As(err, &syntax):
		return bad("the body is not JSON: %s: %s", place(body, syntax.Offset), syntax)
	case errors.As(err, &kind):
		return bad("%s: %q is of the wrong kind: it must be %s, not %s", place(body, kind.Offset),
			line(strings.TrimPrefix(kind.Field, "Data."), 200), inWords(kind.Type.String()), line(kind.Value, 100))
	default: // a time that is none
		return bad("reading the body: %s", line(err.Error(), 200))
	}
}

// place says in words where the byte before offset stands.
func place(body []byte, offset int64) string {
	before := body[:max(0, min(int(offset)-1, len(body)))]
	start := bytes.LastIndexByte(before, '\n') + 1
	return fmt.Sprintf("line %d, column %d", bytes.Count(before, []byte("\n"))+1, utf8.RuneCount(before[start:])+1)
}

func inWords(goType string) string {
	switch {
	case goType == "string":
		return "a string"
	case strings.HasPrefix(goType, "int"):
		return "a whole number"
	case strings.HasSuffix(goType, "Alerts"):
		return "a list"
	default:
		return "an object"
	}
}
