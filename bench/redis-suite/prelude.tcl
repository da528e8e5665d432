# Evaluated in the suite's own test client before a unit runs. It changes how the suite reports and goes on, never what a test asks.

# One line a report, which a program can read: the words of the suite's Tcl list in hexadecimal.
proc send_data_packet {fd status data {elapsed 0}} {
    set words [lmap word [list $status $data] {binary encode hex [encoding convertto utf-8 $word]}]
    puts $fd "\n@[join $words { }]"
    flush $fd
}

# What a block of tests sets up outside of them may be refused. Its tests run all the same, so that each is counted.
set ::is_in_test 0
rename r suite_r
proc r {args} {
    if {$::is_in_test} { return [uplevel 1 suite_r $args] }
    if {[catch {suite_r {*}$args} reply]} { send_data_packet $::test_server_fd setup "$args: $reply" }
    return $reply
}

proc has_functions {} {
    if {![info exists ::answers_function]} {
        set client [redis $::host $::port 0 $::tls]
        set ::answers_function [expr {![catch {$client function list}]}]
        $client close
    }
    return $::answers_function
}

rename test suite_test
proc test {name code args} {
    # Scripts are tested twice, first as functions. Where there are none, some tests would wait for ever for a second reply.
    upvar 1 is_eval is_eval
    if {[info exists is_eval] && !$is_eval && [string match *run_script* $code] && ![has_functions]} {
        set code {error "ERR unknown command 'function'"}
    }
    set failed $::num_failed
    set ::is_in_test 1
    uplevel 1 [list suite_test $name $code {*}$args]
    set ::is_in_test 0
    # A test that fails in the middle may leave a transaction or a subscription behind, on which the next one would fail.
    if {$::num_failed > $failed} { catch reconnect }
}
