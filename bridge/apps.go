package bridge

import (
	"fmt"

	"workbell/config"
	"workbell/dingtalk"
	"workbell/dispatch"
)

// settings makes a client for each app: what the dispatcher works with.
func (b *Bridge) settings(cfg *config.Config) (dispatch.Settings, error) {
	dt := &cfg.DingTalk
	s := dispatch.Settings{CallsPerMonth: *dt.CallsPerMonth, Zone: dt.Location}
	for i := range dt.Apps {
		a := &dt.Apps[i]
		client, err := NewClient(dt, a, b.o.Version)
		if err != nil {
			return s, err
		}
		s.Apps = append(s.Apps, dispatch.App{Name: a.Name, Limits: a.Limits, Client: client})
	}
	return s, nil
}

// NewClient makes the client of one app.
func NewClient(dt *config.DingTalk, a *config.App, version string) (*dingtalk.Client, error) {
	c, err := dingtalk.New(dingtalk.Options{
		BaseURL: dt.BaseURL, AppKey: a.AppKey, AppSecret: a.AppSecret, AgentID: a.AgentID,
		UserAgent: "workbell/" + version,
	})
	if err != nil {
		return nil, fmt.Errorf("app %s: %w", a.Name, err)
	}
	return c, nil
}
