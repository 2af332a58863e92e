package sandbox

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"workbell/phone"
)

// shown is the message that the phones show: as it was sent, with its status
// bar as it is now. Of a template, whose text DingTalk alone has, the values of
// its parameters.
func (c *Call) shown() []byte {
	switch {
	case c.Template != "":
		return c.templateShown()
	case c.StatusBar == nil || c.StatusBar.Updates == 0:
		return []byte(c.Msg)
	}
	return phone.WithBar([]byte(c.Msg), c.StatusBar.Value, c.StatusBar.Color)
}

func (c *Call) templateShown() []byte {
	var values map[string]string
	_ = json.Unmarshal([]byte(c.Msg), &values) // without data there are none
	var text bytes.Buffer
	fmt.Fprintf(&text, "Template %s", c.Template)
	for _, name := range slices.Sorted(maps.Keys(values)) {
		fmt.Fprintf(&text, "\n\n**%s** %s", name, values[name])
	}
	return encode(map[string]any{"msgtype": "markdown", "markdown": map[string]string{"title": "Template " + c.Template, "text": text.String()}})
}

// encode cannot fail: what is given to it are strings and JSON.
func encode(v any) []byte {
	b, err := json.Marshal(v)
	if err != nil {
		panic("sandbox: a message does not encode: " + err.Error())
	}
	return b
}
