//! Graph algorithms: shortest paths, components and a spanning tree of `n` graphs of 2,000 nodes.

use petgraph::{
    algo::{dijkstra, kosaraju_scc, min_spanning_tree},
    data::Element,
    graph::{DiGraph, NodeIndex},
};
use wasmote_workloads::Random;

#[unsafe(no_mangle)]
pub extern "C" fn run(n: i32) -> i64 {
    let mut sum = 0_i64;
    for i in 0..n {
        let mut random = Random::new(i as u64);
        let mut graph = DiGraph::<u32, u32>::new();
        for node in 0..2000 {
            graph.add_node(node);
        }
        for _ in 0..6000 {
            let (from, to) = (random.below(2000), random.below(2000));
            graph.add_edge(
                NodeIndex::new(from as usize),
                NodeIndex::new(to as usize),
                random.below(100),
            );
        }
        let distances = dijkstra(&graph, NodeIndex::new(0), None, |edge| *edge.weight());
        sum += distances
            .values()
            .map(|&distance| i64::from(distance))
            .sum::<i64>();
        sum = sum
            .wrapping_mul(31)
            .wrapping_add(kosaraju_scc(&graph).len() as i64);
        for element in min_spanning_tree(&graph) {
            if let Element::Edge { weight, .. } = element {
                sum += i64::from(weight);
            }
        }
    }
    sum
}
