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
