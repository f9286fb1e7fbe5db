// Package ui is the ceremony's window: the start page, the ceremony page, the
// transcript for auditors, and what people see on the table in a rehearsal.
//
// It knows no step. What a page shows is drawn from the data of the engine
// (package steps), and what the window asks of the machine it asks of a Host.
// Nothing in it is state: kill the window at any moment, open the folder
// again, and the same step comes back.
//
// The rules of the thread: everything here runs on Fyne's thread but the
// functions that are handed to work.do, the one place that starts background
// work. While such a function runs nobody touches the ceremony.
package ui
