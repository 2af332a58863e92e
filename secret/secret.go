// Package secret holds the one type that carries secrets through workbell.
//
// A Secret prints as "<secret>" by every road that Go has for printing a value
// (fmt, log/slog, JSON, YAML, text), so that no log line, error, metric or API
// answer can hold one by accident. Reveal is the only way to the value.
package secret

import (
	"fmt"
	"io"
	"log/slog"
)

// Mask is what every Secret that is not empty prints as.
const Mask = "<secret>"

// Secret is a password, a key, a token or a signature key. The zero value is
// "no secret" and prints as nothing.
type Secret struct{ value string }

// New wraps value.
func New(value string) Secret { return Secret{value} }

// Reveal returns the secret itself: for building a request or comparing,
// never for printing.
func (s Secret) Reveal() string { return s.value }

// Empty says whether there is no secret.
func (s Secret) Empty() bool { return s.value == "" }

// String returns the mask, or "" where there is no secret.
func (s Secret) String() string {
	if s.value == "" {
		return ""
	}
	return Mask
}

// Format prints the mask whatever the verb; %#v and %x reveal nothing either.
func (s Secret) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, s.String()) }

// MarshalText makes JSON, YAML and text encoders write the mask.
func (s Secret) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// MarshalYAML makes YAML encoders write the mask.
func (s Secret) MarshalYAML() (any, error) { return s.String(), nil }

// LogValue makes log/slog write the mask.
func (s Secret) LogValue() slog.Value { return slog.StringValue(s.String()) }
