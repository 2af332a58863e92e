package cli

import (
	"errors"
	"fmt"
	"time"

	"workbell/bridge"
	"workbell/routes"
)

// trialPlan loads rules and templates for trying: credentials and secrets are
// neither needed nor read, since nothing is received or sent.
func (f fileFlags) trialPlan(env Env) (*routes.Plan, error) {
	files, err := f.files(env, false)
	if err != nil {
		return nil, err
	}
	files.Sandbox, files.Trusted = true, true
	plan, faults := bridge.LoadPlan(files)
	if plan == nil {
		return nil, exit{FellShort, faults.Fatal()}
	}
	return plan, nil
}

// try says what would become of a payload. Of GitHub's it has to be told the event.
func try(t routes.Trial, plan *routes.Plan) ([]routes.Tried, error) {
	all, err := t.Try(plan)
	switch {
	case errors.Is(err, routes.ErrNoEvent):
		return nil, wrongUse("%w: name it with --event, for example --event pull_request", err)
	case errors.Is(err, routes.ErrRefused):
		return nil, exit{FellShort, err}
	case err != nil:
		return nil, wrongUse("%w", err)
	}
	return all, nil
}

// parseTime reads --at; empty is now.
func parseTime(text string) (time.Time, error) {
	if text == "" {
		return time.Now(), nil
	}
	t, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return t, fmt.Errorf("%q is not a time such as 2026-11-22T03:00:00+08:00", text)
	}
	return t, nil
}
