module counter(input clk, input rst, input [3:0] step, output reg [7:0] q, output parity);
  always @(posedge clk) if (rst) q <= 0; else q <= q + step;
  assign parity = ^q;
endmodule
