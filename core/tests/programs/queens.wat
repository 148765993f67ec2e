;; Queens on an n x n board, none attacking another. A row is a closure that says whether a square is attacked by its
;; queen, or by those of the rows before, which it has captured; what is done with a solution is a closure too.
(module
  (rec
    (type $attacks (func (param (ref $row) i32 i32) (result i32)))
    (type $row (sub (struct (field $attacks (ref $attacks)))))
    (type $done (func (param (ref $solved) (ref $row))))
    (type $solved (sub (struct (field $done (ref $done))))))
  (type $queen
    (sub final $row
      (struct (field (ref $attacks)) (field $column i32) (field $at i32) (field $before (ref $row)))))
  (type $counter (sub final $solved (struct (field (ref $done)) (field $count (mut i32)))))

  (func $nobody (type $attacks) (i32.const 0))
  (func $queen_attacks (type $attacks) (local $me (ref $queen)) (local $columns i32) (local $before (ref $row))
    (local.set $me (ref.cast (ref $queen) (local.get 0)))
    (local.set $columns (i32.sub (local.get 1) (struct.get $queen $column (local.get $me))))
    (if (i32.or
          (i32.eqz (local.get $columns))
          (i32.eq
            (i32.mul (local.get $columns) (local.get $columns))
            (i32.mul
              (i32.sub (local.get 2) (struct.get $queen $at (local.get $me)))
              (i32.sub (local.get 2) (struct.get $queen $at (local.get $me))))))
      (then (return (i32.const 1))))
    (local.set $before (struct.get $queen $before (local.get $me)))
    (return_call_ref $attacks
      (local.get $before) (local.get 1) (local.get 2)
      (struct.get $row $attacks (local.get $before))))

  (func $count (type $done) (local $me (ref $counter))
    (local.set $me (ref.cast (ref $counter) (local.get 0)))
    (struct.set $counter $count (local.get $me)
      (i32.add (struct.get $counter $count (local.get $me)) (i32.const 1))))

  (elem declare func $nobody $queen_attacks $count)

  (func $place (param $size i32) (param $at i32) (param $before (ref $row)) (param $solved (ref $solved))
    (local $column i32)
    (if (i32.eq (local.get $at) (local.get $size))
      (then
        (return_call_ref $done
          (local.get $solved) (local.get $before)
          (struct.get $solved $done (local.get $solved)))))
    (loop $next
      (if (i32.eqz
            (call_ref $attacks
              (local.get $before) (local.get $column) (local.get $at)
              (struct.get $row $attacks (local.get $before))))
        (then
          (call $place
            (local.get $size) (i32.add (local.get $at) (i32.const 1))
            (struct.new $queen
              (ref.func $queen_attacks) (local.get $column) (local.get $at) (local.get $before))
            (local.get $solved))))
      (local.set $column (i32.add (local.get $column) (i32.const 1)))
      (br_if $next (i32.lt_u (local.get $column) (local.get $size)))))

  (func (export "queens") (param $size i32) (result i32) (local $counter (ref $counter))
    (local.set $counter (struct.new $counter (ref.func $count) (i32.const 0)))
    (call $place (local.get $size) (i32.const 0) (struct.new $row (ref.func $nobody)) (local.get $counter))
    (struct.get $counter $count (local.get $counter))))
