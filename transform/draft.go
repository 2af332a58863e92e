package transform

import (
	"strings"
	"time"

	"workbell/message"
)

// draft says how a message is to be made, beside its event and its template.
type draft struct {
	now        time.Time
	room       int // bytes
	bar        bar
	templateID string     // of msgtype template
	escalated  *Escalated // nil: it is no escalation
	// media gives the id of a file of media_dir; nil: there are none.
	media func(name string) (id string, ok bool)
}

// adjust changes what the blocks gave into what is to be built.
func (d *draft) adjust(kind message.Kind, data *Data, v message.Values) {
	switch kind.Name {
	case "oa":
		d.statusBar(v)
		d.upload(v, "image")
	case "image", "voice", "file":
		d.upload(v, "media")
	case "template":
		v[message.TemplateID] = d.templateID
	}
	if d.escalated != nil && !data.asked {
		d.escalated.lead(kind, v)
	}
}

func (d *draft) statusBar(v message.Values) {
	if d.bar == barNone {
		delete(v, "status")
	}
	if d.bar == barTurned && strings.TrimSpace(v["status"]) == "" {
		v["status"] = barFiring
	}
	if d.bar == barTurned && strings.TrimSpace(v["status_color"]) == "" {
		v["status_color"] = barFiringColor
	}
}

// upload replaces the name of a file of media_dir by its id. What begins with @
// or $ is an id.
func (d *draft) upload(v message.Values, field string) {
	name := strings.TrimSpace(v[field])
	if d.media == nil || strings.HasPrefix(name, "@") || strings.HasPrefix(name, "$") {
		return
	}
	if id, ok := d.media(name); ok {
		v[field] = id
	}
}

// SetMedia tells which files of media_dir messages may name, and their ids. It
// is called before the Transform is used; the function may be called by several
// goroutines.
func (t *Transform) SetMedia(id func(name string) (id string, ok bool)) { t.media = id }
