package message

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"unicode/utf8"
)

// Values are the fields of a message as text, by the names of Kind.Fields: what
// the blocks MSGTYPE.FIELD of a template gave.
type Values map[string]string

// Field is one field of a kind, as templates name it.
type Field struct {
	Name string
	// Required fields have no default: a template must define them.
	Required bool
	// Note says in a few words what it takes, and its limits.
	Note string
}

// Kind is one kind of work notification.
type Kind struct {
	Name   string // the msgtype
	Fields []Field
	// Main is the field with its main text; empty: it has none, or (template)
	// any. Markdown says that Main is markdown.
	Main     string
	Markdown bool
	// open begins the names of further fields, of which it takes any.
	open string
	// make turns values into a body. link is where to see the whole event, or "".
	make func(v Values, link string) (body, error)
	// zero returns a body to decode into.
	zero func() body
}

// Kinds are all kinds that internal apps may send.
var Kinds = []Kind{textKind, imageKind, voiceKind, fileKind, linkKind, oaKind, markdownKind, actionCardKind}

// Template is the kind that third-party apps send, and no others.
func Template() Kind { return templateKind }

// Names returns the msgtypes of Kinds.
func Names() []string {
	names := make([]string, len(Kinds))
	for i, k := range Kinds {
		names[i] = k.Name
	}
	return names
}

// KindOf returns the kind of a msgtype.
func KindOf(msgtype string) (Kind, bool) {
	if msgtype == templateKind.Name {
		return templateKind, true
	}
	if i := slices.IndexFunc(Kinds, func(k Kind) bool { return k.Name == msgtype }); i >= 0 {
		return Kinds[i], true
	}
	return Kind{}, false
}

// Has says whether the kind has a field of that name.
func (k Kind) Has(name string) bool {
	return slices.ContainsFunc(k.Fields, func(f Field) bool { return f.Name == name }) ||
		k.open != "" && strings.HasPrefix(name, k.open)
}

// A body is what stands under the msgtype's name in msg.
type body interface {
	// msgtype is the key that it stands under.
	msgtype() string
	// texts are its free texts, which fitting may cut.
	texts() []text
	// visible is the text that a mark is appended to; nil if there is none.
	visible() *text
	// linked says whether it leads to link by other means than its texts; more
	// is the text that may take it up; nil if none can.
	linked(link string) (ok bool, more *text)
	// unlink removes URLs that leave no room for anything else.
	unlink()
	// check returns what the API would refuse.
	check() error
}

// A text is free text in a body.
type text struct {
	s        *string
	markdown bool
}

// encode returns the bytes of msg. Everything in b is clean, so encoding/json
// has no reason to write a \u escape.
func encode(b body) []byte {
	if f, ok := b.(flat); ok {
		return encodeFlat(b.msgtype(), f.pairs())
	}
	return encodeAny(b)
}

func encodeAny(b body) []byte {
	e := encoders.Get().(*encoder)
	defer encoders.Put(e)
	e.buf.Reset()
	name := b.msgtype()
	for _, s := range [...]string{`{"msgtype":"`, name, `","`, name, `":`} {
		e.buf.WriteString(s)
	}
	if err := e.json.Encode(b); err != nil {
		panic("message: a struct of strings does not encode: " + err.Error())
	}
	e.buf.Truncate(e.buf.Len() - 1) // Encode's line end
	e.buf.WriteByte('}')
	return bytes.Clone(e.buf.Bytes())
}

// encoder is used again, so that a message takes no more memory than it has
// bytes.
type encoder struct {
	buf  bytes.Buffer
	json *json.Encoder // into buf
}

var encoders = sync.Pool{New: func() any {
	e := new(encoder)
	e.json = json.NewEncoder(&e.buf)
	e.json.SetEscapeHTML(false)
	return e
}}

// decode reads what encode wrote, strictly.
func decode(msg []byte) (body, error) {
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(msg, &fields); err != nil {
		return nil, fmt.Errorf("reading msg: %w", err)
	}
	var name string
	if err := json.Unmarshal(fields["msgtype"], &name); err != nil {
		return nil, errors.New(`msg has no "msgtype": begin with {"msgtype":"text","text":{…}}`)
	}
	kind, ok := KindOf(name)
	if !ok {
		return nil, fmt.Errorf("unknown msgtype %q: write one of %s", name, strings.Join(Names(), ", "))
	}
	if len(fields) != 2 || fields[name] == nil {
		return nil, fmt.Errorf("msg of msgtype %q must have exactly the keys \"msgtype\" and %q", name, name)
	}
	b := kind.zero()
	dec := json.NewDecoder(bytes.NewReader(fields[name]))
	dec.DisallowUnknownFields()
	if err := dec.Decode(b); err != nil {
		return nil, fmt.Errorf("reading %s: %w", name, err)
	}
	return b, nil
}

// Validate returns what DingTalk would refuse in msg, the JSON of one work
// notification: its shape, its fields' limits, its size and its encoding. It
// asks for what this package writes, and so is stricter than DingTalk.
func Validate(msg []byte) error {
	if len(msg) > MaxBytes {
		return fmt.Errorf("msg has %d bytes: DingTalk takes %d", len(msg), MaxBytes)
	}
	if !utf8.Valid(msg) {
		return errors.New("msg is not valid UTF-8")
	}
	for i := range msg {
		if msg[i] == '\\' && looksEscaped(string(msg[i:min(i+6, len(msg))])) {
			return fmt.Errorf("msg has a \\u escape at byte %d: DingTalk refuses it (40033), write raw UTF-8", i)
		}
	}
	b, err := decode(msg)
	if err != nil {
		return err
	}
	if err := b.check(); err != nil {
		return fmt.Errorf("%s: %w", b.msgtype(), err)
	}
	return nil
}
