// Attaches the rules of AXI to the shell's memory channels, in every simulation.
// Their counters are outputs for the proofs only.
// verilator lint_off PINCONNECTEMPTY
bind binarycop_shell axi_read_rules #(
    .BEAT_BYTES(BEAT_BYTES)
) read_rules (
    .clk(ap_clk),
    .rst_n(ap_rst_n),
    .window_first(idma0.window_first),
    .window_end(idma0.window_end),
    .araddr(m_axi_gmem_araddr),
    .arlen(m_axi_gmem_arlen),
    .arvalid(m_axi_gmem_arvalid),
    .arready(m_axi_gmem_arready),
    .rvalid(m_axi_gmem_rvalid),
    .rready(m_axi_gmem_rready),
    .faulty(idma0.causes != 0),
    .coming()
);

bind binarycop_shell axi_write_rules #(
    .BEAT_BYTES(BEAT_BYTES)
) write_rules (
    .clk(ap_clk),
    .rst_n(ap_rst_n),
    .window_first(odma0.window_first),
    .window_end(odma0.window_end),
    .awaddr(m_axi_gmem_awaddr),
    .awlen(m_axi_gmem_awlen),
    .awvalid(m_axi_gmem_awvalid),
    .awready(m_axi_gmem_awready),
    .wdata(m_axi_gmem_wdata),
    .wstrb(m_axi_gmem_wstrb),
    .wlast(m_axi_gmem_wlast),
    .wvalid(m_axi_gmem_wvalid),
    .wready(m_axi_gmem_wready),
    .bvalid(m_axi_gmem_bvalid),
    .bready(m_axi_gmem_bready),
    .faulty(odma0.causes != 0),
    .address_taken(),
    .all_sent(),
    .sent(),
    .last_awlen()
);
