;; Sorted maps: red-black trees that share what they do not change (Okasaki, "Red-Black Trees in a Functional Setting").
;; Keys are any values, compared by a closure; the exception $absent says that a key is not there.
(module
  (rec
    (type $compare (func (param (ref $order) anyref anyref) (result i32)))
    ;; A closure: its code, and in subtypes what it has captured.
    (type $order (sub (struct (field $code (ref $compare))))))
  (type $flipped (sub final $order (struct (field (ref $compare)) (field $of (ref $order)))))
  (type $text (array i8))
  (type $node
    (struct
      (field $red i32)
      (field $left (ref null $node))
      (field $key anyref)
      (field $value anyref)
      (field $right (ref null $node))))
  (type $map (struct (field $order (ref $order)) (field $root (mut (ref null $node)))))
  (tag $absent (export "absent") (param anyref))

  ;; Orders: of numbers, of texts, and the reverse of another.
  (func $numbers (type $compare)
    (i32.sub
      (i31.get_s (ref.cast (ref i31) (local.get 1)))
      (i31.get_s (ref.cast (ref i31) (local.get 2)))))

  (func $texts (type $compare) (local $a (ref null $text)) (local $b (ref null $text)) (local $i i32) (local $d i32)
    (local.set $a (ref.cast (ref $text) (local.get 1)))
    (local.set $b (ref.cast (ref $text) (local.get 2)))
    (loop $next
      (if (i32.eq (local.get $i) (array.len (local.get $a)))
        (then (return (i32.sub (local.get $i) (array.len (local.get $b))))))
      (if (i32.eq (local.get $i) (array.len (local.get $b))) (then (return (i32.const 1))))
      (local.set $d
        (i32.sub
          (array.get_u $text (local.get $a) (local.get $i))
          (array.get_u $text (local.get $b) (local.get $i))))
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br_if $next (i32.eqz (local.get $d))))
    (local.get $d))

  (func $reversed (type $compare) (local $inner (ref $order))
    (local.set $inner (struct.get $flipped $of (ref.cast (ref $flipped) (local.get 0))))
    (return_call_ref $compare
      (local.get $inner) (local.get 2) (local.get 1)
      (struct.get $order $code (local.get $inner))))

  (elem declare func $numbers $texts $reversed)

  (func $order_by (param $texts i32) (result (ref $order))
    (if (result (ref $order)) (local.get $texts)
      (then (struct.new $order (ref.func $texts)))
      (else (struct.new $order (ref.func $numbers)))))

  (func (export "map") (param $texts i32) (param $descending i32) (result (ref $map)) (local $order (ref $order))
    (local.set $order (call $order_by (local.get $texts)))
    (if (local.get $descending)
      (then (local.set $order (struct.new $flipped (ref.func $reversed) (local.get $order)))))
    (struct.new $map (local.get $order) (ref.null $node)))

  (func $is_red (param $n (ref null $node)) (result i32)
    (block $black
      (return (struct.get $node $red (br_on_null $black (local.get $n)))))
    (i32.const 0))

  (func $with (param $n (ref $node)) (param $red i32) (param $left (ref null $node)) (param $right (ref null $node))
    (result (ref $node))
    (struct.new $node
      (local.get $red) (local.get $left)
      (struct.get $node $key (local.get $n)) (struct.get $node $value (local.get $n))
      (local.get $right)))

  ;; A red node with two black children, made of three nodes and their four subtrees, in order.
  (func $three
    (param $x (ref $node)) (param $y (ref $node)) (param $z (ref $node))
    (param $a (ref null $node)) (param $b (ref null $node)) (param $c (ref null $node)) (param $d (ref null $node))
    (result (ref $node))
    (call $with (local.get $y) (i32.const 1)
      (call $with (local.get $x) (i32.const 0) (local.get $a) (local.get $b))
      (call $with (local.get $z) (i32.const 0) (local.get $c) (local.get $d))))

  ;; The node $n with these subtrees, of which one may have a red root with a red child.
  (func $balanced (param $n (ref $node)) (param $left (ref null $node)) (param $right (ref null $node))
    (result (ref $node)) (local $child (ref $node)) (local $grandchild (ref $node))
    (if (struct.get $node $red (local.get $n))
      (then (return_call $with (local.get $n) (i32.const 1) (local.get $left) (local.get $right))))
    (if (call $is_red (local.get $left))
      (then
        (local.set $child (ref.as_non_null (local.get $left)))
        (if (call $is_red (struct.get $node $left (local.get $child)))
          (then
            (local.set $grandchild (ref.as_non_null (struct.get $node $left (local.get $child))))
            (return_call $three (local.get $grandchild) (local.get $child) (local.get $n)
              (struct.get $node $left (local.get $grandchild)) (struct.get $node $right (local.get $grandchild))
              (struct.get $node $right (local.get $child)) (local.get $right))))
        (if (call $is_red (struct.get $node $right (local.get $child)))
          (then
            (local.set $grandchild (ref.as_non_null (struct.get $node $right (local.get $child))))
            (return_call $three (local.get $child) (local.get $grandchild) (local.get $n)
              (struct.get $node $left (local.get $child)) (struct.get $node $left (local.get $grandchild))
              (struct.get $node $right (local.get $grandchild)) (local.get $right))))))
    (if (call $is_red (local.get $right))
      (then
        (local.set $child (ref.as_non_null (local.get $right)))
        (if (call $is_red (struct.get $node $left (local.get $child)))
          (then
            (local.set $grandchild (ref.as_non_null (struct.get $node $left (local.get $child))))
            (return_call $three (local.get $n) (local.get $grandchild) (local.get $child)
              (local.get $left) (struct.get $node $left (local.get $grandchild))
              (struct.get $node $right (local.get $grandchild)) (struct.get $node $right (local.get $child)))))
        (if (call $is_red (struct.get $node $right (local.get $child)))
          (then
            (local.set $grandchild (ref.as_non_null (struct.get $node $right (local.get $child))))
            (return_call $three (local.get $n) (local.get $child) (local.get $grandchild)
              (local.get $left) (struct.get $node $left (local.get $child))
              (struct.get $node $left (local.get $grandchild)) (struct.get $node $right (local.get $grandchild)))))))
    (call $with (local.get $n) (i32.const 0) (local.get $left) (local.get $right)))

  (func $inserted (param $order (ref $order)) (param $n (ref null $node)) (param $key anyref) (param $value anyref)
    (result (ref $node)) (local $here (ref $node)) (local $d i32)
    (block $empty
      (local.set $here (br_on_null $empty (local.get $n)))
      (local.set $d
        (call_ref $compare
          (local.get $order) (local.get $key) (struct.get $node $key (local.get $here))
          (struct.get $order $code (local.get $order))))
      (if (i32.lt_s (local.get $d) (i32.const 0))
        (then
          (return_call $balanced (local.get $here)
            (call $inserted
              (local.get $order) (struct.get $node $left (local.get $here)) (local.get $key) (local.get $value))
            (struct.get $node $right (local.get $here)))))
      (if (i32.gt_s (local.get $d) (i32.const 0))
        (then
          (return_call $balanced (local.get $here)
            (struct.get $node $left (local.get $here))
            (call $inserted
              (local.get $order) (struct.get $node $right (local.get $here)) (local.get $key) (local.get $value)))))
      (return
        (struct.new $node
          (struct.get $node $red (local.get $here)) (struct.get $node $left (local.get $here))
          (local.get $key) (local.get $value) (struct.get $node $right (local.get $here)))))
    (struct.new $node (i32.const 1) (ref.null $node) (local.get $key) (local.get $value) (ref.null $node)))

  (func $insert (export "insert") (param $map (ref $map)) (param $key anyref) (param $value anyref)
    (local $root (ref $node))
    (local.set $root
      (call $inserted
        (struct.get $map $order (local.get $map)) (struct.get $map $root (local.get $map))
        (local.get $key) (local.get $value)))
    (struct.set $map $root (local.get $map)
      (call $with (local.get $root) (i32.const 0)
        (struct.get $node $left (local.get $root)) (struct.get $node $right (local.get $root)))))

  ;; The value of a key; throws $absent if there is none.
  (func $get (export "get") (param $map (ref $map)) (param $key anyref) (result anyref)
    (local $n (ref null $node)) (local $here (ref $node)) (local $order (ref $order)) (local $d i32)
    (local.set $order (struct.get $map $order (local.get $map)))
    (local.set $n (struct.get $map $root (local.get $map)))
    (loop $down
      (block $leaf
        (local.set $here (br_on_null $leaf (local.get $n)))
        (local.set $d
          (call_ref $compare
            (local.get $order) (local.get $key) (struct.get $node $key (local.get $here))
            (struct.get $order $code (local.get $order))))
        (if (i32.eqz (local.get $d)) (then (return (struct.get $node $value (local.get $here)))))
        (local.set $n
          (if (result (ref null $node)) (i32.lt_s (local.get $d) (i32.const 0))
            (then (struct.get $node $left (local.get $here)))
            (else (struct.get $node $right (local.get $here)))))
        (br $down)))
    (throw $absent (local.get $key)))

  (func (export "get_or") (param $map (ref $map)) (param $key anyref) (param $default anyref) (result anyref)
    (block $caught (result anyref)
      (return
        (try_table (result anyref) (catch $absent $caught) (call $get (local.get $map) (local.get $key)))))
    drop
    (local.get $default))

  ;; Black nodes on any way down; traps when ways differ, or when a red node has a red child.
  (func $height (param $n (ref null $node)) (result i32) (local $here (ref $node)) (local $height i32)
    (block $leaf
      (local.set $here (br_on_null $leaf (local.get $n)))
      (local.set $height (call $height (struct.get $node $left (local.get $here))))
      (if (i32.ne (local.get $height) (call $height (struct.get $node $right (local.get $here))))
        (then (unreachable)))
      (if (struct.get $node $red (local.get $here))
        (then
          (if (i32.or
                (call $is_red (struct.get $node $left (local.get $here)))
                (call $is_red (struct.get $node $right (local.get $here))))
            (then (unreachable)))
          (return (local.get $height))))
      (return (i32.add (local.get $height) (i32.const 1))))
    (i32.const 0))
  (func (export "height") (param $map (ref $map)) (result i32)
    (call $height (struct.get $map $root (local.get $map))))

  (func $count (param $n (ref null $node)) (result i32)
    (block $leaf
      (br_on_null $leaf (local.get $n))
      drop
      (return
        (i32.add (i32.const 1)
          (i32.add
            (call $count (struct.get $node $left (local.get $n)))
            (call $count (struct.get $node $right (local.get $n)))))))
    (i32.const 0))
  (func (export "count") (param $map (ref $map)) (result i32)
    (call $count (struct.get $map $root (local.get $map))))

  ;; The keys in their order, as an array.
  (type $keys (array (mut anyref)))
  (func $collect (param $n (ref null $node)) (param $keys (ref $keys)) (param $at i32) (result i32)
    (block $leaf
      (br_on_null $leaf (local.get $n))
      drop
      (local.set $at
        (call $collect (struct.get $node $left (local.get $n)) (local.get $keys) (local.get $at)))
      (array.set $keys (local.get $keys) (local.get $at) (struct.get $node $key (local.get $n)))
      (return_call $collect
        (struct.get $node $right (local.get $n)) (local.get $keys) (i32.add (local.get $at) (i32.const 1))))
    (local.get $at))
  (func (export "keys") (param $map (ref $map)) (result (ref $keys)) (local $keys (ref $keys))
    (local.set $keys
      (array.new_default $keys (call $count (struct.get $map $root (local.get $map)))))
    (drop (call $collect (struct.get $map $root (local.get $map)) (local.get $keys) (i32.const 0)))
    (local.get $keys))

  ;; $n insertions of numbers below $range, in a scattered order.
  (func (export "fill") (param $map (ref $map)) (param $n i32) (param $range i32) (local $x i32)
    (loop $next
      (if (i32.eqz (local.get $n)) (then (return)))
      (local.set $x (i32.add (i32.mul (local.get $x) (i32.const 1664525)) (i32.const 1013904223)))
      (call $insert (local.get $map)
        (ref.i31 (i32.rem_u (i32.shr_u (local.get $x) (i32.const 8)) (local.get $range)))
        (ref.i31 (local.get $n)))
      (local.set $n (i32.sub (local.get $n) (i32.const 1)))
      (br $next))))
