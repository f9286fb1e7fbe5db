package audit

import (
	"reflect"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/keyceremony/ceremony/digest"
)

// A shape is the form that a value in a record must have. Shapes are drawn
// from the structs that write the records, so reader and writer cannot differ:
// every member is there, in the order of the struct, and no other.
type shape struct {
	kind   shapeKind
	fields []field // of an object, in order
	elem   *shape  // of a list, map or pointer
}

type field struct {
	name  string // as it stands in the line: `"name":`
	shape *shape
	later bool // came with a later form: an earlier one ends before it
}

type shapeKind uint8

const (
	shapeAny    shapeKind = iota // any value within the limits
	shapeString                  // a string
	shapeInt                     // an integer
	shapeBool                    // true or false
	shapeDigest                  // 64 lower-case hex digits
	shapeObject                  // a struct
	shapeList                    // a slice
	shapeMap                     // members of any name
	shapeNull                    // null or elem
)

// shapes holds the shape of each event's data. An event that is not here is
// not an event.
var shapes = map[string]*shape{
	EvOpen:      shapeOf(reflect.TypeFor[Open]()),
	EvBegin:     shapeOf(reflect.TypeFor[Begin]()),
	EvApprove:   shapeOf(reflect.TypeFor[Note]()),
	EvEnd:       shapeOf(reflect.TypeFor[End]()),
	EvFail:      shapeOf(reflect.TypeFor[Fail]()),
	EvException: shapeOf(reflect.TypeFor[Exception]()),
	EvPause:     shapeOf(reflect.TypeFor[Note]()),
	EvResume:    shapeOf(reflect.TypeFor[Note]()),
	EvChange:    shapeOf(reflect.TypeFor[Note]()),
	EvStop:      shapeOf(reflect.TypeFor[Note]()),
	EvRecovered: shapeOf(reflect.TypeFor[Recovered]()),
	EvClose:     shapeOf(reflect.TypeFor[Close]()),
}

func shapeOf(t reflect.Type) *shape {
	switch t {
	case reflect.TypeFor[digest.SHA256]():
		return &shape{kind: shapeDigest}
	case reflect.TypeFor[jsontext.Value]():
		return &shape{kind: shapeAny}
	}
	switch t.Kind() {
	case reflect.String:
		return &shape{kind: shapeString}
	case reflect.Int, reflect.Int64:
		return &shape{kind: shapeInt}
	case reflect.Bool:
		return &shape{kind: shapeBool}
	case reflect.Slice:
		return &shape{kind: shapeList, elem: shapeOf(t.Elem())}
	case reflect.Map:
		return &shape{kind: shapeMap, elem: shapeOf(t.Elem())}
	case reflect.Pointer:
		return &shape{kind: shapeNull, elem: shapeOf(t.Elem())}
	case reflect.Struct:
		return &shape{kind: shapeObject, fields: fieldsOf(t)}
	}
	panic("audit: internal error: no shape for " + t.String())
}

func fieldsOf(t reflect.Type) []field {
	var fields []field
	for i := range t.NumField() {
		f := t.Field(i)
		if f.Anonymous {
			fields = append(fields, fieldsOf(f.Type)...)
			continue
		}
		name, option, _ := strings.Cut(f.Tag.Get("json"), ",")
		fields = append(fields, field{`"` + name + `":`, shapeOf(f.Type), option == "omitzero"})
	}
	return fields
}
