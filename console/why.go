package console

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"

	"github.com/labstack/echo/v4"

	"workbell/message"
	"workbell/outbox"
	"workbell/source"
	"workbell/transform"
)

// whyPage answers why somebody did or did not get something.
type whyPage struct {
	Event   string // as asked for
	Person  string
	Recent  []outbox.Event // to choose from, newest first
	Kept    *outbox.Event
	Steps   []whyStep
	Told    []told // deliveries that name the person
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

const recentEvents = 20

func (c *Console) why(e echo.Context, p *page) error {
	p.name, p.Here, p.Title = "why", "why", p.words.text("nav.why")
	ctx := e.Request().Context()
	body := &whyPage{Event: strings.TrimSpace(e.QueryParam("event")), Person: strings.TrimSpace(e.QueryParam("person"))}
	p.Body = body
	var err error
	if body.Recent, err = c.recent(ctx, recentEvents); err != nil {
		return err
	}
	if body.Event == "" || body.Person == "" {
		return nil
	}
	id, err := strconv.ParseInt(body.Event, 10, 64)
	if err != nil {
		body.Missing = p.words.text("why.noevent", body.Event)
		return nil
	}
	kept, err := c.Store.Event(ctx, id)
	if errors.Is(err, outbox.ErrNotFound) {
		body.Missing = p.words.text("why.noevent", body.Event)
		return nil
	}
	if err != nil {
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

// judge sums up.
func (b *whyPage) judge(p *page, ev *source.Event, would bool) {
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

// told finds the deliveries of the event that name the person, or of which
// DingTalk told of them.
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
		case reaches(d.To, ids):
			body.Told = append(body.Told, told{Delivery: d})
		}
	}
	return nil
}

// recent returns the newest events, those that called for no delivery, too. The
// store does not list events; their ids ascend, so it is asked for each.
func (c *Console) recent(ctx context.Context, most int) ([]outbox.Event, error) {
	newest, err := c.newestEvent(ctx)
	if err != nil {
		return nil, err
	}
	var list []outbox.Event
	for id := newest; id > 0 && id > newest-2*int64(most) && len(list) < most; id-- {
		e, err := c.Store.Event(ctx, id)
		if errors.Is(err, outbox.ErrNotFound) {
			continue
		}
		if err != nil {
			return nil, err
		}
		e.Payload = nil
		list = append(list, e)
	}
	return list, nil
}

// gap is how many ids in a row may be missing (an engine that numbers ahead).
const gap = 8

// newestEvent returns the id of the newest event: that of the newest delivery,
// or one after it that called for none.
func (c *Console) newestEvent(ctx context.Context) (int64, error) {
	c.past.mu.Lock()
	newest := c.past.event
	c.past.mu.Unlock()
	list, err := c.Store.List(ctx, outbox.Filter{Limit: 1})
	if err != nil {
		return 0, err
	}
	if len(list) > 0 {
		newest = max(newest, list[0].Event)
	}
	for id, missing := newest+1, 0; missing < gap; id++ {
		_, err := c.Store.Event(ctx, id)
		switch {
		case errors.Is(err, outbox.ErrNotFound):
			missing++
		case err != nil:
			return 0, err
		default:
			newest, missing = id, 0
		}
	}
	c.past.mu.Lock()
	defer c.past.mu.Unlock()
	c.past.event = max(c.past.event, newest)
	return newest, nil
}
