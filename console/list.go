package console

import (
	"slices"

	"github.com/labstack/echo/v4"

	"workbell/outbox"
)

// listPage is the list of deliveries.
type listPage struct {
	Query query
	listing
	First          bool // the newest are shown
	States         []outbox.State
	Sources, Rules []string
	People         []string
	Hooks          string
	Paused         []App // that send nothing now; with the newest deliveries
}

func (c *Console) deliveries(e echo.Context, p *page) error {
	p.name, p.Here, p.Title = "deliveries", "deliveries", p.words.text("nav.deliveries")
	q := parse(e.QueryParams(), p.Zone)
	if r := c.Rules(); q.Person != "" && r.Transform != nil {
		q.ids = who(r, q.Person)
	}
	l, err := c.list(e.Request().Context(), q)
	if err != nil {
		return err
	}
	body := listPage{Query: q, listing: l, First: q.Before == 0, States: outbox.States, Hooks: c.Hooks}
	if cfg := c.Rules().Config; cfg != nil {
		for i := range cfg.Sources {
			body.Sources = append(body.Sources, cfg.Sources[i].Name)
		}
		body.People = people(cfg)
		for i := range cfg.Rules {
			body.Rules = append(body.Rules, cfg.Rules[i].Name)
		}
	}
	body.Sources, body.Rules = with(body.Sources, q.Source), with(body.Rules, q.Rule)
	if body.First {
		p.Live, body.Paused = "/live", c.paused("")
	}
	p.Body = body
	return nil
}

// with makes sure that what is chosen is among the choices: a rule may be gone
// whose deliveries are not.
func with(choices []string, chosen string) []string {
	if chosen == "" || slices.Contains(choices, chosen) {
		return choices
	}
	return append(choices, chosen)
}
