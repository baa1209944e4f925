ruleset com.example.door {
  meta {
    name "Door"
    shares state, history
  }
  global {
    state = function() { ent:state.defaultsTo("shut") }
    history = function(newest = 10) {
      ent:history.defaultsTo([]).reverse().filter(function(entry, place) { place < newest })
    }
  }
  rule moved {
    select when door opened or door shut
    pre {
      entry = {"event": event:type, "by": event:attrs{"by"}.defaultsTo("nobody"), "time": event:time}
    }
    if event:type != state() then
      send_directive("noted", entry)
    fired {
      ent:state := event:type
      ent:history := ent:history.defaultsTo([]).append(entry)
    }
  }
  rule tell {
    select when door opened by re#^(?!owner$)(.+)$# setting(who)
    always {
      raise owner event "notify" attributes {"title": "Door", "text": <<Opened by #{who}>>}
    }
  }
}
