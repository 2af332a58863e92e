package bridge

import (
	"context"
	"fmt"
	"io/fs"

	"golang.org/x/tools/txtar"

	"workbell/config"
	"workbell/console"
	"workbell/dispatch"
	"workbell/followup"
	"workbell/outbox"
	"workbell/routes"
)

// newConsole makes the web console of the admin listener, whose routes act for
// it.
func (b *Bridge) newConsole(ro routes.Options) *console.Console {
	return console.New(console.Options{
		Store: b.store, Log: b.o.Log, Version: b.o.Version, Phones: b.URL("sandbox"), Hooks: b.URL("hooks"),
		Rules: func() console.Rules { return consoleRules(b.plan.Load()) },
		Act: func(ctx context.Context, what string, id int64, by string) (console.Deed, error) {
			done, _, err := ro.Do(ctx, what, id, routes.Order{By: by})
			deed := console.Deed{Done: done.Done}
			for _, d := range done.Deliveries {
				deed.Deliveries = append(deed.Deliveries, d.ID)
			}
			return deed, err
		},
		Refusal: routes.Detail,
		Files:   b.o.Files.texts,
		Try:     tryTexts,
		Apps:    b.consoleApps,
		Budget:  func() outbox.Budget { return b.follower.Budget(context.Background()) },
	})
}

func consoleRules(p *routes.Plan) console.Rules {
	return console.Rules{Config: p.Config, Transform: p.Transform, Sources: p.Sources, Replay: p.Replay}
}

// consoleApps are the apps in force, with where the store keeps what they used.
func (b *Bridge) consoleApps() []console.App {
	status := map[string]dispatch.AppStatus{}
	for _, s := range b.dispatcher.Status() {
		status[s.App] = s
	}
	var apps []console.App
	pauses := b.follower.Pauses()
	for _, a := range b.plan.Load().Config.DingTalk.Apps {
		s := status[a.Name]
		apps = append(apps, console.App{
			Name: a.Name, Trouble: string(s.Reason), Until: s.PausedUntil,
			LastSuccess: s.LastSuccess, LastError: s.LastError, LastErrorAt: s.LastErrorAt,
			FollowsNot: pauses[a.Name].Why, FollowsAt: pauses[a.Name].Until,
			CallsKey: outbox.CallsKey(a.Name, dispatch.Method), RecipientsKey: dispatch.RecipientsKey(a.Name),
			CallsLimit: a.Limits.CallsPerSecond, RecipientLimit: a.Limits.RecipientsPerMinute,
			UserKey:    func(user, date string) string { return dispatch.UserKey(a.Name, user, date) },
			UserLimit:  a.Limits.MessagesPerEmployeePerDay,
			InvalidKey: followup.InvalidKey(a.Name),
		})
	}
	return apps
}

// texts returns rules.yaml and the templates as they are on disk now, without
// secrets.
func (f Files) texts() (console.Texts, error) {
	t := console.Texts{Templates: map[string]string{}}
	data, _, err := f.rules()
	if err != nil {
		return t, err
	}
	t.Rules = string(config.Redact(data))
	files := f.templates()
	names, err := fs.Glob(files, "*.tmpl")
	if err != nil {
		return t, err
	}
	for _, name := range names {
		text, err := fs.ReadFile(files, name)
		if err != nil {
			return t, fmt.Errorf("reading templates/%s: %w", name, err)
		}
		t.Templates[name] = string(text)
	}
	return t, nil
}

// standIn is what a variable reads as in the playground: a number, a text and a
// user id at once.
const standIn = "1"

// tryTexts compiles what the playground edits. No credentials are needed, and
// neither the environment nor files are read: whoever may try rules is not
// thereby shown secrets.
func tryTexts(t console.Texts) (console.Rules, config.Faults) {
	var archive txtar.Archive
	for name, text := range t.Templates {
		archive.Files = append(archive.Files, txtar.File{Name: name, Data: []byte(text)})
	}
	files, err := txtar.FS(&archive)
	if err != nil {
		return console.Rules{}, config.Faults{{Problem: err.Error()}}
	}
	plan, faults := Files{Sandbox: true, Trusted: true}.compile([]byte(t.Rules), config.Options{
		File: "rules.yaml", Sandbox: true,
		Getenv:   func(string) (string, bool) { return standIn, true },
		ReadFile: func(string) ([]byte, error) { return []byte(standIn), nil },
	}, files)
	faults.Sort()
	if faults.Fatal() != nil {
		return console.Rules{}, faults
	}
	return consoleRules(plan), faults
}
