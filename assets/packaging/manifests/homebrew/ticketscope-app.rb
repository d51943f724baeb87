cask "ticketscope-app" do
  version "@version@"
  sha256 "@macos_sum@"

  url "@macos@"
  name "Ticketscope"
  desc "See why a web login does not connect"
  homepage "@address@"

  depends_on macos: ">= :big_sur"

  app "Ticketscope.app"
  binary "#{appdir}/Ticketscope.app/Contents/MacOS/ticketscope"

  zap trash: "~/Library/Application Support/ticketscope"
end
