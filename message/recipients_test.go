package message

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func names(n int) []string {
	var out []string
	for i := range n {
		out = append(out, fmt.Sprintf("u%04d", i))
	}
	return out
}

func TestCalls(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		r     Recipients
		limit int
		want  [][3]int // named people, departments, count of each call
	}{
		"nobody":                      {Recipients{}, 0, nil},
		"everyone takes in the rest":  {Recipients{Everyone: true}, 0, [][3]int{{0, 0, 5000}}},
		"exactly one call":            {Recipients{Users: names(100)}, 0, [][3]int{{100, 0, 100}}},
		"one user more":               {Recipients{Users: names(101)}, 0, [][3]int{{100, 0, 100}, {1, 0, 1}}},
		"users and mobiles share":     {Recipients{Users: names(60), Mobiles: names(41)}, 0, [][3]int{{100, 0, 100}, {1, 0, 1}}},
		"known departments and users": {Recipients{Users: names(100), Depts: []Dept{{1, 120}, {2, 80}}}, 0, [][3]int{{100, 2, 300}}},
		"unknown size goes alone":     {Recipients{Users: names(2), Depts: []Dept{{7, 0}, {8, 10}}}, 0, [][3]int{{0, 1, 5000}, {2, 1, 12}}},
		"sizes packed under the cap":  {Recipients{Depts: []Dept{{1, 3000}, {2, 2500}, {3, 2000}, {4, 2500}}}, 0, [][3]int{{0, 2, 5000}, {0, 2, 5000}}},
		"larger than the cap":         {Recipients{Depts: []Dept{{1, 9000}, {2, 10}}}, 0, [][3]int{{0, 1, 9000}, {0, 1, 10}}},
		"a smaller limit of the app":  {Recipients{Users: names(25)}, 10, [][3]int{{10, 0, 10}, {10, 0, 10}, {5, 0, 5}}},
		"21 departments":              {Recipients{Depts: depts(21)}, 0, [][3]int{{0, 20, 20}, {0, 1, 1}}},
		"a department of the limit":   {Recipients{Users: names(1), Depts: []Dept{{1, 5000}}}, 0, [][3]int{{0, 1, 5000}, {1, 0, 1}}},
		"room for one user":           {Recipients{Users: names(2), Depts: []Dept{{1, 4999}}}, 0, [][3]int{{1, 1, 5000}, {1, 0, 1}}},
		"mobiles beside a department": {Recipients{Mobiles: names(100), Depts: []Dept{{1, 4900}}}, 0, [][3]int{{100, 1, 5000}}},
		"a limit past DingTalk's":     {Recipients{Depts: []Dept{{1, 3000}, {2, 3000}}}, 9000, [][3]int{{0, 1, 3000}, {0, 1, 3000}}},
		"a negative size is unknown":  {Recipients{Depts: []Dept{{1, -1}, {2, 1}}}, 0, [][3]int{{0, 1, 5000}, {0, 1, 1}}},
		"5,000 users":                 {Recipients{Users: names(5000)}, 0, slices.Repeat([][3]int{{100, 0, 100}}, 50)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var got [][3]int
			var back Recipients
			for _, call := range c.r.Calls(c.limit) {
				got = append(got, [3]int{len(call.Users) + len(call.Mobiles), len(call.Depts), call.Count()})
				back = back.Union(call)
			}
			if d := cmp.Diff(c.want, got); d != "" {
				t.Errorf("named, departments, people a call (-want +got):\n%s", d)
			}
			if d := cmp.Diff(c.r.Union(Recipients{}), back); d != "" {
				t.Errorf("the calls together are not the recipients (-want +got):\n%s", d)
			}
		})
	}
}

func depts(n int) []Dept {
	var out []Dept
	for i := range n {
		out = append(out, Dept{ID: int64(i + 1), Size: 1})
	}
	return out
}

func TestUnionAndMinus(t *testing.T) {
	t.Parallel()
	a := Recipients{Users: []string{"u2", "u1"}, Depts: []Dept{{1, 0}, {2, 5}}}
	b := Recipients{Users: []string{"u2", "u3"}, Depts: []Dept{{1, 120}}, Mobiles: []string{"1"}}
	want := Recipients{Users: []string{"u1", "u2", "u3"}, Depts: []Dept{{1, 120}, {2, 5}}, Mobiles: []string{"1"}}
	if d := cmp.Diff(want, a.Union(b)); d != "" {
		t.Errorf("union (-want +got):\n%s", d)
	}
	if d := cmp.Diff(Recipients{Users: []string{"u3"}, Depts: []Dept{}, Mobiles: []string{"1"}}, b.Minus(a)); d != "" {
		t.Errorf("minus (-want +got):\n%s", d)
	}
	if !a.Minus(Recipients{Everyone: true}).Empty() || a.Empty() {
		t.Error("everyone takes in all, and two users are not nobody")
	}
	if got := a.Union(Recipients{Everyone: true}); !got.Everyone || got.Users != nil {
		t.Errorf("everyone takes in all: %+v", got)
	}
}

// random is a set of a few people out of few, so that sets overlap.
func random(r *rand.Rand) Recipients {
	var out Recipients
	for range r.IntN(8) {
		out.Users = append(out.Users, fmt.Sprint("u", r.IntN(10)))
	}
	for range r.IntN(4) {
		out.Mobiles = append(out.Mobiles, fmt.Sprint(r.IntN(5)))
	}
	for range r.IntN(5) {
		out.Depts = append(out.Depts, Dept{ID: int64(r.IntN(6)), Size: r.IntN(3) * 1000})
	}
	out.Everyone = r.IntN(12) == 0
	return out
}

// each names the people and departments of r.
func each(r Recipients) map[string]bool {
	all := map[string]bool{}
	if r.Everyone { // who takes in all others
		return map[string]bool{"everyone": true}
	}
	for _, u := range r.Users {
		all["user "+u] = true
	}
	for _, m := range r.Mobiles {
		all["mobile "+m] = true
	}
	for _, d := range r.Depts {
		all[fmt.Sprint("dept ", d.ID)] = true
	}
	return all
}

// What holds for all sets: a union has all of both in whatever order, once; a
// difference nothing of the other, and with the rest gives it back.
func TestSetsOfRecipients(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(1, 2))
	for range 2000 {
		a, b, c := random(r), random(r), random(r)
		u, less := a.Union(b), a.Minus(b)
		for name, pair := range map[string][2]Recipients{
			"a∪b is b∪a":             {u, b.Union(a)},
			"(a∪b)∪c is a∪(b∪c)":     {u.Union(c), a.Union(b.Union(c))},
			"a∪a is a":               {a.Union(a), a.Union(Recipients{})},
			"(a∪b)∪b is a∪b":         {u.Union(b), u},
			"a∪nobody is nobody∪a":   {a.Union(Recipients{}), Recipients{}.Union(a)},
			"(a−b)∪b has a∪b":        {less.Union(b).Union(u), u},
			"(a−b)−b is a−b, sorted": {less.Minus(b).Union(Recipients{}), less.Union(Recipients{})},
		} {
			if d := cmp.Diff(pair[0], pair[1]); d != "" {
				t.Fatalf("%s does not hold for\n%+v\n%+v:\n%s", name, a, b, d)
			}
		}
		inA, inB, inU := each(a), each(b), each(u)
		for who := range each(less) {
			if !inA[who] || inB[who] {
				t.Fatalf("%+v minus %+v has %s", a, b, who)
			}
		}
		for who := range inA {
			if !u.Everyone && !inU[who] || !a.Everyone && !b.Everyone && !inB[who] && !each(less)[who] {
				t.Fatalf("%s is lost of %+v with %+v", who, a, b)
			}
		}
		if n := len(u.Users) + len(u.Mobiles) + len(u.Depts); !u.Everyone && len(inU) != n || u.Everyone && n > 0 {
			t.Fatalf("the union has somebody twice: %+v", u)
		}
		if a.Empty() != (len(inA) == 0) || !a.Minus(a).Empty() {
			t.Fatalf("empty is %t for %+v", a.Empty(), a)
		}
	}
}

// Every call keeps the limits, no one is missed or called twice, and no two
// calls could be one.
func TestCallsOfAnySize(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(3, 4))
	for range 300 {
		who := Recipients{Users: names(r.IntN(350)), Mobiles: names(r.IntN(120))}
		for i := range r.IntN(60) {
			who.Depts = append(who.Depts, Dept{ID: int64(i), Size: []int{0, 1, 40, 700, 2600, 4999, 5000, 7000}[r.IntN(8)]})
		}
		limit := []int{0, 1, 99, 100, 3000, 5000, 6000}[r.IntN(7)]
		most := limit
		if limit == 0 || limit > MaxRecipients {
			most = MaxRecipients
		}
		calls := who.Calls(limit)
		var users, mobiles []string
		var ids []int64
		for i, c := range calls {
			if len(c.Users)+len(c.Mobiles) > MaxUsers || len(c.Depts) > MaxDepts || c.Empty() {
				t.Fatalf("call %d has %d users, %d mobiles, %d departments", i, len(c.Users), len(c.Mobiles), len(c.Depts))
			}
			alone := len(c.Depts) == 1 && len(c.Users)+len(c.Mobiles) == 0
			if c.Count() > most && !alone {
				t.Fatalf("call %d counts as %d of %d: %+v", i, c.Count(), most, c)
			}
			for j, d := range calls[:i] {
				if c.Count()+d.Count() <= most && len(c.Depts)+len(d.Depts) <= MaxDepts && len(c.Users)+len(c.Mobiles)+len(d.Users)+len(d.Mobiles) <= MaxUsers {
					t.Fatalf("calls %d and %d could be one: %+v, %+v", j, i, d, c)
				}
			}
			users, mobiles = append(users, c.Users...), append(mobiles, c.Mobiles...)
			for _, d := range c.Depts {
				ids = append(ids, d.ID)
			}
		}
		slices.Sort(ids)
		if !slices.Equal(users, who.Users) || !slices.Equal(mobiles, who.Mobiles) || len(ids) != len(who.Depts) || len(slices.Compact(ids)) != len(who.Depts) {
			t.Fatalf("%d users, %d mobiles, %d departments are called of %+v", len(users), len(mobiles), len(ids), who)
		}
		if len(who.Depts) == 0 {
			perCall := min(MaxUsers, most)
			if want := (len(users) + len(mobiles) + perCall - 1) / perCall; len(calls) != want {
				t.Fatalf("%d calls for %d people, %d are the fewest", len(calls), len(users)+len(mobiles), want)
			}
		}
	}
}
