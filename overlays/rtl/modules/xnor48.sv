// 48 XNORs in the logic unit of one DSP48E1 (UG479, table 2-10: ALUMODE 0101 with Y = 0 is X XNOR Z). Two clocks.
module xnor48 (
    input  logic        clk,
    input  logic [47:0] a,
    input  logic [47:0] b,
    output logic [47:0] agree
);
`ifdef XILINX_PRIMITIVES
  DSP48E1 #(
      .USE_MULT("NONE"), .AREG(1), .ACASCREG(1), .BREG(1), .BCASCREG(1), .CREG(1), .PREG(1), .MREG(0),
      .ADREG(0), .DREG(0), .ALUMODEREG(0), .CARRYINREG(0), .CARRYINSELREG(0), .INMODEREG(0), .OPMODEREG(0)
  ) dsp (
      .CLK(clk), .A(a[47:18]), .B(a[17:0]), .C(b), .P(agree),
      .OPMODE(7'b0110011), .ALUMODE(4'b0101),  // X is A:B, Y is 0, Z is C
      .CEA1(1'b0), .CEA2(1'b1), .CEB1(1'b0), .CEB2(1'b1), .CEC(1'b1), .CEP(1'b1),
      .CEAD(1'b0), .CED(1'b0), .CEM(1'b0), .CEALUMODE(1'b0), .CECARRYIN(1'b0), .CECTRL(1'b0), .CEINMODE(1'b0),
      .RSTA(1'b0), .RSTB(1'b0), .RSTC(1'b0), .RSTP(1'b0), .RSTD(1'b0), .RSTM(1'b0),
      .RSTALLCARRYIN(1'b0), .RSTALUMODE(1'b0), .RSTCTRL(1'b0), .RSTINMODE(1'b0),
      .CARRYIN(1'b0), .CARRYINSEL(3'b0), .INMODE(5'b0), .D(25'b0),
      .ACIN(30'b0), .BCIN(18'b0), .PCIN(48'b0), .CARRYCASCIN(1'b0), .MULTSIGNIN(1'b0),
      .ACOUT(), .BCOUT(), .PCOUT(), .CARRYCASCOUT(), .MULTSIGNOUT(), .CARRYOUT(),
      .OVERFLOW(), .UNDERFLOW(), .PATTERNDETECT(), .PATTERNBDETECT()
  );
`else
  logic [47:0] a_1, b_1;
  always_ff @(posedge clk) begin
    a_1 <= a;
    b_1 <= b;
    agree <= a_1 ~^ b_1;
  end
`endif
endmodule
