package bridge

import (
	"bytes"
	_ "embed" // index.html
	"html/template"
)

//go:embed index.html
var indexHTML string

var indexPage = template.Must(template.New("index").Parse(indexHTML))

// index is the admin listener's first page.
func (b *Bridge) index() []byte {
	var buf bytes.Buffer
	err := indexPage.Execute(&buf, map[string]any{
		"Version": b.o.Version, "Sandbox": b.URL("sandbox"), "Hooks": b.URL("hooks"),
		"Sources": b.plan.Load().Config.Sources, "Apps": b.dispatcher.Status(),
	})
	if err != nil {
		b.o.Log.Error("drawing the index page", "component", "bridge", "err", err)
	}
	return buf.Bytes()
}
