package transform

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"workbell/config"
	"workbell/message"
)

// SetMedia tells which files of media_dir messages may name, and their ids. It
// is called before the Transform is used; the function may be called by several
// goroutines.
func (t *Transform) SetMedia(id func(name string) (id string, ok bool)) { t.media = id }

// mediaFields are those that may name a file, with the kind that it must have.
var mediaFields = []struct{ msgtype, field, kind string }{
	{"image", "media", "image"}, {"oa", "image", "image"}, {"voice", "media", "voice"}, {"file", "media", "file"},
}

// CheckMedia warns of blocks that name, whatever the event, a file that is not
// in media_dir, or one of another kind than a message of that msgtype takes.
// files are the kinds (image, voice, file) of its files, by name.
func (t *Transform) CheckMedia(files map[string]string) config.Faults {
	var faults config.Faults
	for _, name := range slices.Sorted(maps.Keys(t.families)) {
		f := t.families[name]
		x := f.take(time.Time{})
		for _, m := range mediaFields {
			for _, b := range x.blocksOf(m.msgtype) {
				if b.field == m.field && b.fixed {
					checkFile(strings.TrimSpace(b.text), m.kind, b, files, &faults)
				}
			}
		}
		f.pool.Put(x)
	}
	faults.Sort()
	return faults
}

func checkFile(name, want string, b block, files map[string]string, faults *config.Faults) {
	if name == "" || isMediaID(name) {
		return
	}
	place, _ := b.tmpl.ErrorContext(b.tmpl.Root)
	at := explainTemplate(fmt.Errorf("template: %s: %s", place, name)).at
	switch kind, ok := files[name]; {
	case !ok:
		faults.Warn(at, config.DidYouMean(name, slices.Sorted(maps.Keys(files))), "%s: there is no file %q in media_dir", b.tmpl.Name(), name)
	case kind != want:
		faults.Warn(at, fmt.Sprintf("name a file of kind %s", want), "%s: %s is of kind %s", b.tmpl.Name(), name, kind)
	}
}

// isMediaID says whether s is what /media/upload answers, and no file's name.
func isMediaID(s string) bool { return strings.HasPrefix(s, "@") || strings.HasPrefix(s, "$") }

// upload replaces the name of a file of media_dir by its id.
func (d *draft) upload(v message.Values, field string) {
	name := strings.TrimSpace(v[field])
	if d.media == nil || isMediaID(name) {
		return
	}
	if id, ok := d.media(name); ok {
		v[field] = id
	}
}
