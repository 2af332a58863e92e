package console

import (
	"net/http"
	"slices"

	"github.com/labstack/echo/v4"

	"workbell/outbox"
	"workbell/phone"
)

// maxAnswer is the most bytes of the form that says yes.
const maxAnswer = 4 << 10

// confirmPage asks before something is done, and says afterwards what was.
type confirmPage struct {
	outbox.Delivery
	Title   string
	Summary string // of the message
	Action  string
	Done    *Deed
	Refused string
	By      string
}

func (c *Console) confirm(e echo.Context, p *page) error {
	_, err := c.asked(e, p)
	return err
}

// asked fills in the page that asks.
func (c *Console) asked(e echo.Context, p *page) (*confirmPage, error) {
	action := e.Param("action")
	if !slices.Contains(Actions, action) {
		return nil, &fault{http.StatusNotFound, p.words.text("problem.gone")}
	}
	d, err := c.named(e, p)
	if err != nil {
		return nil, err
	}
	kept, _ := c.Store.Event(e.Request().Context(), d.Event) // it may be gone
	body := &confirmPage{Delivery: d, Title: kept.Title, Summary: phone.Summary(d.Body), Action: action}
	p.name, p.Here, p.Title, p.Body = "confirm", "deliveries", p.words.text("act."+action), body
	return body, nil
}

// act does what was asked and confirmed. That it comes from the console itself
// the admin listener has made sure of.
func (c *Console) act(e echo.Context, p *page) error {
	body, err := c.asked(e, p)
	if err != nil {
		return err
	}
	e.Request().Body = http.MaxBytesReader(e.Response(), e.Request().Body, maxAnswer)
	body.By = e.FormValue("by")
	done, err := c.Act(e.Request().Context(), body.Action, body.ID, body.By)
	if err == nil {
		body.Done = &done
		return nil
	}
	words, refused := c.Refusal(err)
	if !refused {
		return err
	}
	body.Refused, p.status = words, http.StatusConflict
	return nil
}
