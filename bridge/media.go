package bridge

import (
	"cmp"
	"context"
	"fmt"
	"sync"
	"time"

	"workbell/config"
	"workbell/dingtalk"
	"workbell/media"
	"workbell/outbox"
	"workbell/routes"
)

const (
	// uploadWithin is how long a start or a reload waits for uploads; the rest
	// goes on beside it.
	uploadWithin = 10 * time.Second
	// uploadAgain is how long after a failure the rest is tried again.
	uploadAgain = time.Minute
)

// shelf holds the ids of the files of media_dir that have been uploaded. Once a
// reload has put another in its place it uploads nothing more.
type shelf struct {
	store    outbox.Store
	client   *dingtalk.Client
	files    []media.File
	uploader string // the key of its app

	mu  sync.Mutex
	ids map[string]string // by the file's name
}

// key names the fact that holds the id of an uploaded file, by the SHA-256 of what
// it holds, and by who uploaded it: another organisation, or the stand-in, does
// not know the id.
func (s *shelf) key(f media.File) string { return "media/" + s.uploader + "/" + f.Sum }

func (s *shelf) id(name string) (string, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	id, ok := s.ids[name]
	return id, ok
}

// upload uploads what has not been uploaded under its content's hash before.
func (s *shelf) upload(ctx context.Context) error {
	for _, f := range s.files {
		if _, ok := s.id(f.Name); ok {
			continue
		}
		id, err := s.uploaded(ctx, f)
		if err != nil {
			return fmt.Errorf("uploading %s of media_dir: %w", f.Name, err)
		}
		s.mu.Lock()
		s.ids[f.Name] = id
		s.mu.Unlock()
	}
	return nil
}

func (s *shelf) uploaded(ctx context.Context, f media.File) (string, error) {
	facts, err := s.store.Facts(ctx, s.key(f))
	if err != nil {
		return "", err
	}
	if known, ok := facts[s.key(f)]; ok {
		return string(known.Value), nil
	}
	content, err := f.Content()
	if err != nil {
		return "", err
	}
	id, err := s.client.UploadMedia(ctx, f.Kind, f.Name, content)
	if err != nil {
		return "", err
	}
	_, err = s.store.Learn(ctx, outbox.Fact{Key: s.key(f), Value: []byte(id)}, false)
	return id, err
}

// loadMedia makes the plan's templates know the files of media_dir. What cannot
// be uploaded in time is uploaded later: until then messages that name it go as
// plain text.
func (b *Bridge) loadMedia(ctx context.Context, plan *routes.Plan) error {
	old := b.shelf.Swap(nil)
	if len(plan.Media) == 0 {
		return nil
	}
	app := uploader(plan.Config)
	client, err := NewClient(&plan.Config.DingTalk, app, b.o.Version, tokens{b.store, app.Name})
	if err != nil {
		return err
	}
	s := &shelf{store: b.store, client: client, files: plan.Media, uploader: cmp.Or(app.AppKey, app.SuiteKey), ids: map[string]string{}}
	if old != nil {
		old.client.Close()
	}
	plan.Transform.SetMedia(s.id)
	soon, cancel := context.WithTimeout(ctx, uploadWithin)
	defer cancel()
	if err := s.upload(soon); err != nil {
		b.o.Log.Warn("media not uploaded yet; tried again soon", "component", "bridge", "err", err)
	}
	b.shelf.Store(s)
	return nil
}

// uploader is the app in whose name files are uploaded. An id is good for every
// app of the organisation.
func uploader(cfg *config.Config) *config.App {
	for i := range cfg.DingTalk.Apps {
		if a := &cfg.DingTalk.Apps[i]; a.Type == config.Internal {
			return a
		}
	}
	return &cfg.DingTalk.Apps[0]
}

// keepUploading tries again what could not be uploaded, until ctx ends.
func (b *Bridge) keepUploading(ctx context.Context) error {
	tick := time.NewTicker(uploadAgain)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
		if s := b.shelf.Load(); s != nil {
			if err := s.upload(ctx); err != nil && ctx.Err() == nil {
				b.o.Log.Warn("media not uploaded yet; tried again soon", "component", "bridge", "err", err)
			}
		}
	}
}
