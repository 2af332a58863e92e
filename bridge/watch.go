package bridge

import (
	"context"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"workbell/config"
	"workbell/dispatch"
	"workbell/media"
	"workbell/routes"
)

// stamps are the files that a load reads, and what tells one state of each from
// the next: nil where it cannot be read.
type stamps map[string]fs.FileInfo

func (s stamps) note(name string) {
	info, err := os.Stat(name) // through symlinks: Kubernetes exchanges these
	if err != nil {
		info = nil
	}
	s[name] = info
}

func (s stamps) equal(t stamps) bool {
	return maps.EqualFunc(s, t, func(a, b fs.FileInfo) bool {
		if a == nil || b == nil {
			return a == b
		}
		return os.SameFile(a, b) && a.Size() == b.Size() && a.ModTime().Equal(b.ModTime())
	})
}

// noteAll notes the files of a folder whose names are wanted.
func (s stamps) noteAll(dir string, wanted func(name string) bool) {
	entries, _ := os.ReadDir(dir) // what cannot be read has no files
	for _, e := range entries {
		if wanted(e.Name()) && !e.IsDir() {
			s.note(filepath.Join(dir, e.Name()))
		}
	}
}

func isTemplate(name string) bool { return filepath.Ext(name) == ".tmpl" }

// isMedia is false for what media.Load passes over.
func isMedia(name string) bool { return !strings.HasPrefix(name, ".") }

// stamps notes rules.yaml and the templates as they are now.
func (f Files) stamps() stamps {
	s := stamps{}
	if f.Config != "" {
		s.note(f.Config)
	}
	if f.Templates != "" {
		s.noteAll(f.Templates, isTemplate)
	}
	return s
}

// named are the files that rules.yaml names.
type named struct {
	secrets []string
	tickets []string // files of suite tickets, see changed
	media   string   // a folder; empty: none
}

// load loads the plan, and notes each file before it is read: what changes
// meanwhile is a change afterwards. Its caller holds reloading, but for Start.
func (b *Bridge) load() (*routes.Plan, config.Faults) {
	b.seen, b.named = b.o.Files.stamps(), named{}
	files := b.o.Files
	files.ReadFile = func(name string) ([]byte, error) {
		b.named.secrets = append(b.named.secrets, name)
		b.seen.note(name)
		return os.ReadFile(name)
	}
	files.ListMedia = func(dir string) ([]media.File, error) {
		b.named.media = dir
		b.seen.noteAll(dir, isMedia)
		return media.Load(dir)
	}
	plan, faults := LoadPlan(files)
	b.tell(faults)
	if plan != nil {
		b.findTickets(plan.Config)
	}
	return plan, faults
}

// findTickets takes the suite tickets out of the secrets; in the sandbox none is
// read.
func (b *Bridge) findTickets(cfg *config.Config) {
	b.named.secrets = slices.DeleteFunc(b.named.secrets, func(name string) bool {
		ticket := slices.ContainsFunc(cfg.DingTalk.Apps, func(a config.App) bool { return a.SuiteTicketFile == name })
		if ticket {
			b.named.tickets = append(b.named.tickets, name)
		}
		return ticket
	})
}

// changed returns the files as they are, and whether they are others than at the
// last load. Suite tickets change every few hours and are read at every request for
// a token, so they count only while an app pauses for its credentials: then a new
// one has it try again at once.
func (b *Bridge) changed() (now stamps, changed bool) {
	b.reloading.Lock()
	defer b.reloading.Unlock()
	now = b.o.Files.stamps()
	for _, name := range b.named.secrets {
		now.note(name)
	}
	if b.named.media != "" {
		now.noteAll(b.named.media, isMedia)
	}
	waiting := b.dispatcher != nil && slices.ContainsFunc(b.dispatcher.Status(), func(a dispatch.AppStatus) bool { return a.Reason == dispatch.Misconfigured })
	for _, ticket := range b.named.tickets {
		if now[ticket] = b.seen[ticket]; waiting {
			now.note(ticket)
		}
	}
	return now, !now.equal(b.seen)
}

// watch reloads when rules.yaml, a template, a secret's file or one of media_dir
// has changed and stays as it is from one look to the next, so that none is read
// half written. A
// load that failed is repeated only after another change. It looks instead of
// being told: a folder that also holds the store changes with every webhook, and
// file systems of other machines tell of nothing.
func (b *Bridge) watch(ctx context.Context) error {
	if b.o.AutoReload <= 0 {
		return nil
	}
	look := time.NewTicker(b.o.AutoReload)
	defer look.Stop()
	var last stamps
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-look.C:
		}
		now, changed := b.changed()
		switch {
		case !changed:
			last = nil
		case last == nil || !now.equal(last):
			last = now
		default:
			last = nil
			b.o.Log.Info("files have changed", "component", "bridge")
			_ = b.Reload(ctx) // which logs
		}
	}
}
