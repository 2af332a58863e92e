package console

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/labstack/echo/v4"

	"workbell/config"
	"workbell/message"
	"workbell/outbox"
	"workbell/source"
	"workbell/transform"
)

// whyPage answers why somebody did or did not get something.
type whyPage struct {
	Event   string // as asked for
	Person  string
	People  []string  // whom rules.yaml names
	Events  eventList // to choose from, where none is asked for
	Kept    *outbox.Event
	Steps   []whyStep
	Told    []told // deliveries that name the person; without one, all
	Verdict string
	Tone    string
	Missing string // what is wrong with the question
	Faults  []string
}

// whyStep is one rule, and what it means for the person.
type whyStep struct {
	transform.Step
	Reaches bool
	Maybe   bool // by a department, whose people DingTalk alone knows
}

// told is a delivery that names the person, and their fate.
type told struct {
	outbox.Delivery
	Fate  outbox.Fate
	Words string
}

// maxPeople is how many people a page offers to ask about.
const maxPeople = 200

func (c *Console) why(e echo.Context, p *page) error {
	p.name, p.Here, p.Title = "why", "why", p.words.text("nav.why")
	ctx := e.Request().Context()
	body := &whyPage{Event: strings.TrimSpace(e.QueryParam("event")), Person: strings.TrimSpace(e.QueryParam("person"))}
	p.Body = body
	body.People = people(c.Rules().Config)
	id, _ := strconv.ParseInt(body.Event, 10, 64)
	kept, err := c.Store.Event(ctx, id)
	switch {
	case errors.Is(err, outbox.ErrNotFound):
		if body.Event != "" {
			body.Missing = p.words.text("why.noevent", body.Event)
		}
		before, _ := strconv.ParseInt(e.QueryParam("before"), 10, 64)
		if before == 0 {
			p.Live = "/live"
		}
		body.Events, err = c.events(ctx, e.QueryParam("q"), before)
		return err
	case err != nil:
		return err
	}
	body.Kept = &kept
	return c.answer(ctx, body, p)
}

// answer says of each rule, and of each delivery, what it meant for the person.
func (c *Console) answer(ctx context.Context, body *whyPage, p *page) error {
	rules := c.Rules()
	ids := who(rules, body.Person)
	ev := rules.Replay(*body.Kept)
	result := rules.Transform.Explain(ev, body.Kept.Received)
	body.Faults = append(body.Faults, ev.Faults...)
	for _, f := range result.Faults {
		body.Faults = append(body.Faults, f.Error())
	}
	would := false
	for _, s := range result.Trace {
		w := whyStep{Step: s, Reaches: s.Matched && reaches(s.To, ids), Maybe: s.Matched && len(s.To.Depts) > 0}
		would = would || w.Reaches
		body.Steps = append(body.Steps, w)
	}
	fallback := slices.ContainsFunc(result.Messages, func(m transform.Message) bool { return m.Fallback && reaches(m.To, ids) })
	if err := c.told(ctx, body, ids); err != nil {
		return err
	}
	body.judge(p, ev, would || fallback)
	return nil
}

// judge sums up, where it is somebody who is asked about.
func (b *whyPage) judge(p *page, ev *source.Event, would bool) {
	if b.Person == "" {
		return
	}
	t := p.words.text
	maybe := slices.ContainsFunc(b.Steps, func(s whyStep) bool { return s.Maybe })
	matched := slices.ContainsFunc(b.Steps, func(s whyStep) bool { return s.Matched })
	b.Tone = "bad"
	switch {
	case len(b.Told) > 0:
		d := b.Told[0]
		b.Tone = tone(d.State)
		b.Verdict = t("why.told", b.Person, d.ID, p.words.state(d.State))
		if d.Fate != "" {
			b.Verdict += " " + t("why.fate", t("fate."+string(d.Fate)))
		}
	case would && ev.Status == source.Resolved:
		b.Tone, b.Verdict = "aside", t("why.amended", b.Person)
	case would:
		b.Tone, b.Verdict = "mixed", t("why.would", b.Person)
	case maybe:
		b.Tone, b.Verdict = "mixed", t("why.maybe", b.Person)
	case !matched:
		b.Verdict = t("why.none")
	default:
		b.Verdict = t("why.others", b.Person)
	}
}

// who is the person by all the names that recipients may have: as given, and
// as people in rules.yaml names them.
func who(r Rules, name string) message.Recipients {
	ids := message.Recipients{Users: []string{name}, Mobiles: []string{strings.TrimPrefix(name, "mobile:")}}
	if known, err := r.Transform.Recipients("person:" + name); err == nil {
		ids = ids.Union(known)
	}
	return ids
}

// reaches says whether to names one of ids.
func reaches(to, ids message.Recipients) bool {
	has := func(list, of []string) bool {
		return slices.ContainsFunc(list, func(s string) bool { return slices.Contains(of, s) })
	}
	return to.Everyone || has(to.Users, ids.Users) || has(to.Mobiles, ids.Mobiles)
}

// people are the names to ask about: those of people, and the user ids.
func people(cfg *config.Config) []string {
	all := append(slices.Sorted(maps.Keys(cfg.People)), named(cfg)...)
	return all[:min(len(all), maxPeople)]
}

// told finds the deliveries of the event that name the person, or of which
// DingTalk told of them; all of them, where nobody is asked about.
func (c *Console) told(ctx context.Context, body *whyPage, ids message.Recipients) error {
	list, err := c.Store.List(ctx, outbox.Filter{Event: body.Kept.ID, Limit: maxTold})
	if err != nil {
		return err
	}
	for _, d := range list {
		if d, err = c.Store.Get(ctx, d.ID); err != nil {
			return err
		}
		i := slices.IndexFunc(d.Receipts, func(r outbox.Receipt) bool { return slices.Contains(ids.Users, r.User) })
		switch {
		case i >= 0:
			body.Told = append(body.Told, told{d, d.Receipts[i].Fate, d.Receipts[i].Words})
		case body.Person == "", reaches(d.To, ids):
			body.Told = append(body.Told, told{Delivery: d})
		}
	}
	return nil
}
