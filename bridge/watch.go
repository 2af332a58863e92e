package bridge

import (
	"context"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"time"

	"workbell/config"
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

// stamps notes rules.yaml and the templates as they are now.
func (f Files) stamps() stamps {
	s := stamps{}
	if f.Config != "" {
		s.note(f.Config)
	}
	if f.Templates != "" {
		names, _ := filepath.Glob(filepath.Join(f.Templates, "*.tmpl")) // the pattern is good
		for _, name := range names {
			s.note(name)
		}
	}
	return s
}

// load loads the plan, and notes each file before it is read: what changes
// meanwhile is a change afterwards. Its caller holds reloading, but for Start.
func (b *Bridge) load() (*routes.Plan, config.Faults) {
	b.seen, b.secrets = b.o.Files.stamps(), nil
	files := b.o.Files
	files.ReadFile = func(name string) ([]byte, error) {
		b.secrets = append(b.secrets, name)
		b.seen.note(name)
		return os.ReadFile(name)
	}
	plan, faults := LoadPlan(files)
	b.tell(faults)
	if plan != nil {
		b.overlook(plan.Config)
	}
	return plan, faults
}

// overlook forgets the suite tickets, which change every few hours and are read at
// every request for a token.
func (b *Bridge) overlook(cfg *config.Config) {
	for i := range cfg.DingTalk.Apps {
		ticket := cfg.DingTalk.Apps[i].SuiteTicketFile
		delete(b.seen, ticket)
		b.secrets = slices.DeleteFunc(b.secrets, func(name string) bool { return name == ticket })
	}
}

// changed returns the files as they are, and whether they are others than at the
// last load.
func (b *Bridge) changed() (now stamps, changed bool) {
	b.reloading.Lock()
	defer b.reloading.Unlock()
	now = b.o.Files.stamps()
	for _, name := range b.secrets {
		now.note(name)
	}
	return now, !now.equal(b.seen)
}

// watch reloads when rules.yaml, a template or a secret's file has changed and
// stays as it is from one look to the next, so that none is read half written. A
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
