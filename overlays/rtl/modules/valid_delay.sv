// The valid bit of a pipeline that never stops: `in`, CLOCKS clocks later. A reset drops what is on its way.
module valid_delay #(
    parameter int CLOCKS = 1
) (
    input  logic clk,
    input  logic rst_n,
    input  logic in,
    output logic out
);
  logic [CLOCKS-1:0] valid;
  always_ff @(posedge clk) valid <= rst_n ? CLOCKS'({valid, in}) : '0;
  assign out = valid[CLOCKS-1];
endmodule
