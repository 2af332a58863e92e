package console

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"workbell/config"
	"workbell/outbox"
)

// overviewPage is how all of it fares.
type overviewPage struct {
	Stats    outbox.Stats
	Stock    []slice // of all deliveries, by tone
	Rates    chart
	Budget   outbox.Budget
	Expected int       // calls by the month's end, as it goes
	RunsOut  time.Time // when the month's calls would be used; zero: not this month
	Apps     []appView
	Sources  []sourceView
	Invalid  []invalid
	Reloads  []reload
	Began    time.Time
}

// slice is a share of a whole.
type slice struct {
	Tone string
	N    int
	X, W float64 // in percent
}

type appView struct {
	App
	Calls, Recipients int // used now
	Near              []near
}

// near is an employee who has had much of what a day allows.
type near struct {
	User string
	Used int
}

type sourceView struct {
	Name, Kind string
	sourceRecord
}

// invalid is somebody whom DingTalk does not know.
type invalid struct {
	App, User string
	Since     time.Time
}

func (c *Console) overview(e echo.Context, p *page) (err error) {
	p.name, p.Here, p.Title, p.Live = "overview", "overview", p.words.text("nav.overview"), "/live"
	ctx := e.Request().Context()
	body := &overviewPage{Budget: c.Budget(), Began: c.record.began}
	p.Body = body
	if body.Stats, err = c.Store.Stats(ctx); err != nil {
		return err
	}
	body.Stock = stock(body.Stats.States)
	if body.Rates, err = c.rates(ctx, p.Now); err != nil {
		return err
	}
	if body.Apps, err = c.appViews(ctx); err != nil {
		return err
	}
	users, err := c.candidates(ctx)
	if err != nil {
		return err
	}
	date := p.Now.In(p.Zone).Format(time.DateOnly)
	for i := range body.Apps {
		if body.Apps[i].Near, err = c.near(ctx, body.Apps[i].App, users, date); err != nil {
			return err
		}
	}
	if body.Invalid, err = c.invalid(ctx, body.Apps); err != nil {
		return err
	}
	body.Expected, body.RunsOut = projected(body.Budget, p.Now.In(p.Zone))
	c.noted(body)
	return nil
}

// noted fills in what the console was told of.
func (c *Console) noted(body *overviewPage) {
	c.record.mu.Lock()
	defer c.record.mu.Unlock()
	body.Reloads = slices.Clone(c.record.reloads)
	cfg := c.Rules().Config
	for i := range cfg.Sources {
		s := sourceView{Name: cfg.Sources[i].Name, Kind: cfg.Sources[i].Type}
		if r := c.record.sources[s.Name]; r != nil {
			s.sourceRecord = *r
		}
		body.Sources = append(body.Sources, s)
	}
}

// tones in the order in which they are stacked.
var tones = []string{"good", "waiting", "mixed", "bad", "aside"}

func stock(states map[outbox.State]int) []slice {
	all, by := 0, map[string]int{}
	for s, n := range states {
		by[tone(s)] += n
		all += n
	}
	var out []slice
	x := 0.0
	for _, t := range tones {
		if n := by[t]; n > 0 {
			w := 100 * float64(n) / float64(all)
			out = append(out, slice{t, n, x, w})
			x += w
		}
	}
	return out
}

// projected says where the month's calls end if it goes on as it has.
func projected(b outbox.Budget, now time.Time) (expected int, out time.Time) {
	begin := time.Date(now.Year(), now.Month(), 1, 0, 0, 0, 0, now.Location())
	month, past := begin.AddDate(0, 1, 0).Sub(begin), now.Sub(begin)
	if past < time.Hour || b.Used == 0 {
		return b.Used, time.Time{}
	}
	expected = int(float64(b.Used) * float64(month) / float64(past))
	if b.Limit > 0 && expected > b.Limit {
		out = begin.Add(time.Duration(float64(past) * float64(b.Limit) / float64(b.Used)))
	}
	return expected, out
}

func (c *Console) appViews(ctx context.Context) ([]appView, error) {
	var views []appView
	var keys []string
	for _, a := range c.Apps() {
		views = append(views, appView{App: a})
		keys = append(keys, a.CallsKey, a.RecipientsKey)
	}
	used, err := c.Store.Used(ctx, keys...)
	for i := range views {
		views[i].Calls, views[i].Recipients = used[views[i].CallsKey], used[views[i].RecipientsKey]
	}
	return views, err
}

// Whom near looks at, and when it names somebody.
const (
	maxNamed  = 1000 // people
	lastSent  = 300  // deliveries whose recipients are among them
	maxNear   = 10   // who are shown
	nearShare = 80   // percent of a day's limit
)

// candidates are who may be near their limit: the recipients of the last
// deliveries and the people whom rules.yaml names. The store cannot list all
// others who have had any messages.
func (c *Console) candidates(ctx context.Context) ([]string, error) {
	last, err := c.Store.List(ctx, outbox.Filter{Limit: lastSent})
	users := named(c.Rules().Config)
	users = users[:min(len(users), maxNamed)]
	for i := range last {
		users = append(users, last[i].To.Users...)
	}
	slices.Sort(users)
	return slices.Compact(users), err
}

// near finds those of the users who have had most of the day's messages.
func (c *Console) near(ctx context.Context, a App, users []string, date string) ([]near, error) {
	keys := make([]string, len(users))
	for i, u := range users {
		keys[i] = a.UserKey(u, date)
	}
	used, err := c.Store.Used(ctx, keys...)
	var all []near
	for i, u := range users {
		if n := used[keys[i]]; share(n, a.UserLimit) >= nearShare {
			all = append(all, near{u, n})
		}
	}
	slices.SortStableFunc(all, func(a, b near) int { return b.Used - a.Used })
	return all[:min(len(all), maxNear)], err
}

// named are the user ids that people and groups of rules.yaml name, sorted.
func named(cfg *config.Config) []string {
	var users []string
	for _, p := range cfg.People {
		if !strings.HasPrefix(p.Value, "mobile:") {
			users = append(users, p.Value)
		}
	}
	for _, g := range cfg.Groups {
		for _, u := range g.Users {
			users = append(users, u.Value)
		}
	}
	slices.Sort(users)
	return slices.Compact(users)
}

func (c *Console) invalid(ctx context.Context, apps []appView) ([]invalid, error) {
	var all []invalid
	for _, a := range apps {
		facts, err := c.Store.Facts(ctx, a.InvalidKey)
		if err != nil {
			return nil, err
		}
		people := map[string]time.Time{}
		_ = json.Unmarshal(facts[a.InvalidKey].Value, &people) // none where nothing is known
		for user, since := range people {
			all = append(all, invalid{a.Name, user, since})
		}
	}
	slices.SortFunc(all, func(a, b invalid) int { return strings.Compare(a.App+"\x00"+a.User, b.App+"\x00"+b.User) })
	return all, nil
}
